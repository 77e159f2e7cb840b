// What docs/testing.md shows of Swift.

import Foundation
import Testing

@Suite struct ShownTests {
    @Test("the tests that the document shows are those that run here")
    func shown() throws {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let run = try String(
            contentsOf: here.appending(path: "LiveScreenTests.swift"), encoding: .utf8)
        let document = here.appending(path: "../../../docs/testing.md")
        let shown = try String(contentsOf: document, encoding: .utf8)
        // The first line says what the file is for.
        let tests = run.drop { $0 != "\n" }.drop { $0 == "\n" }
        #expect(shown.contains("```swift\n\(tests)```"))
    }
}
