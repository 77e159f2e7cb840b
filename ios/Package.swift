// swift-tools-version: 6.0
//
// Two halves come from elsewhere and are never committed. `cargo xtask bindings swift` writes what
// calls the Rust library into Generated. The library itself is, in this order:
//
//   - the one in the folder that GOLIVE_LIBRARY names: what `cargo xtask swift` tests;
//   - on Linux, the one that cargo built into the workspace's target/debug;
//   - elsewhere the XCFramework that `cargo xtask ios` wrote, if it has;
//   - else that of a release: GOLIVE_XCFRAMEWORK and GOLIVE_CHECKSUM, or `release` below.

import Foundation
import PackageDescription

let here = Context.packageDirectory

func isThere(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(here)/\(path)")
}

/// Ends with a sentence where `fatalError` would add a page of addresses.
func refuse(_ sentence: String) -> Never {
    FileHandle.standardError.write(Data("\(sentence)\n".utf8))
    exit(1)
}

if !isThere("Generated/GoliveFFI/GoliveFFI.swift") {
    refuse("ios/Generated is empty: run `cargo xtask bindings swift` first, which writes it")
}

/// The folder that holds a library built for this very machine, where that is what to link.
func hostLibrary() -> String? {
    if let folder = Context.environment["GOLIVE_LIBRARY"], !folder.isEmpty {
        return folder
    }
    #if os(Linux)
        return "\(here)/../target/debug"
    #else
        return nil
    #endif
}

/// The XCFramework of the release that these sources belong to, as `cargo xtask dist` packs it, and its
/// checksum. Sources that belong to none have none.
let release: (url: String, checksum: String)? = nil

/// The release that the environment names, else the one above.
func chosenRelease() -> (url: String, checksum: String)? {
    let environment = Context.environment
    guard let url = environment["GOLIVE_XCFRAMEWORK"], !url.isEmpty else { return release }
    guard let checksum = environment["GOLIVE_CHECKSUM"], checksum.count == 64 else {
        refuse("GOLIVE_CHECKSUM has to be the archive's SHA-256, which `cargo xtask dist` prints")
    }
    return (url, checksum)
}

let module = "golive_ffiFFI"
let framework = "../target/ios/Golive.xcframework"
let library: Target
var linking: [LinkerSetting] = []
if let folder = hostLibrary() {
    library = .systemLibrary(name: module, path: "Generated/\(module)")
    linking = [
        .linkedLibrary("golive_ffi"),
        .unsafeFlags(["-L\(folder)", "-Xlinker", "-rpath", "-Xlinker", folder]),
    ]
} else {
    if isThere(framework) {
        library = .binaryTarget(name: module, path: framework)
    } else if let release = chosenRelease() {
        library = .binaryTarget(name: module, url: release.url, checksum: release.checksum)
    } else {
        refuse(
            "there is no XCFramework: `cargo xtask ios` builds it. For this machine alone, "
                + "GOLIVE_LIBRARY names the folder of a library, as `cargo xtask swift` does")
    }
    // What capture and encoders in a static library are linked with, as rustc names it
    // (`--print native-static-libs`).
    let frameworks = [
        "AVFAudio", "AVFoundation", "AudioToolbox", "CoreAudio", "CoreFoundation", "CoreMedia",
        "CoreVideo", "Foundation", "VideoToolbox",
    ]
    linking = frameworks.map { .linkedFramework($0) }
    linking += ["iconv", "objc"].map { .linkedLibrary($0) }
    linking.append(.linkedLibrary("c++", .when(platforms: [.macOS])))
}

/// What Apple's stores want to know of a library; elsewhere nobody reads it.
let privacy = "PrivacyInfo.xcprivacy"
#if os(Linux)
    let isForApple = false
#else
    let isForApple = true
#endif

let package = Package(
    name: "Golive",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Golive", targets: ["Golive"]),
        .library(name: "GoliveTesting", targets: ["GoliveTesting"]),
        .library(name: "GoliveSampleModel", targets: ["GoliveSampleModel"]),
    ],
    targets: [
        library,
        .target(
            name: "GoliveFFI",
            dependencies: ["golive_ffiFFI"],
            path: "Generated/GoliveFFI",
            // In Swift 6's mode the compiler 6.0.3 aborts on uniffi's asynchronous callbacks: "type
            // that should have been eliminated by SIL lowering". Its types are Sendable here, too.
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linking),
        .target(
            name: "Golive", dependencies: ["GoliveFFI"],
            exclude: isForApple ? [] : [privacy],
            resources: isForApple ? [.copy(privacy)] : []),
        .target(name: "GoliveTesting", dependencies: ["Golive"]),
        .executableTarget(
            name: "QuickStart", dependencies: ["Golive"], path: "Examples/QuickStart"),
        .target(name: "GoliveSampleModel", dependencies: ["Golive"], path: "Sample/Model"),
        .testTarget(
            name: "GoliveTests",
            dependencies: ["Golive", "GoliveSampleModel", "GoliveTesting", "QuickStart"]),
        .testTarget(name: "GoliveTestingTests", dependencies: ["Golive", "GoliveTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
