// What Apple's stores read of the library, which nothing on Linux does otherwise.

import Foundation
import Testing

@Test("the privacy manifest tells why files and the clock are looked at, and of no tracking")
func privacyManifest() throws {
    let package = URL(filePath: #filePath).appending(path: "../../..").standardized
    let file = package.appending(path: "Sources/Golive/PrivacyInfo.xcprivacy")
    let read = try PropertyListSerialization.propertyList(from: Data(contentsOf: file), format: nil)
    let manifest = try #require(read as? [String: Any])
    #expect(manifest["NSPrivacyTracking"] as? Bool == false)
    #expect((manifest["NSPrivacyCollectedDataTypes"] as? [Any])?.isEmpty == true)
    let accessed = try #require(manifest["NSPrivacyAccessedAPITypes"] as? [[String: Any]])
    let reasons = accessed.reduce(into: [String: [String]]()) { reasons, entry in
        if let category = entry["NSPrivacyAccessedAPIType"] as? String {
            reasons[category] = entry["NSPrivacyAccessedAPITypeReasons"] as? [String]
        }
    }
    let expected = [
        "NSPrivacyAccessedAPICategoryFileTimestamp": ["C617.1"],
        "NSPrivacyAccessedAPICategorySystemBootTime": ["35F9.1"],
    ]
    #expect(reasons == expected)
}
