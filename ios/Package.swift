// swift-tools-version: 6.0
//
// Two halves come from elsewhere and are never committed. `cargo xtask bindings swift` writes what
// calls the Rust library into Generated. The library itself is, in this order:
//
//   - the one in the folder that GOLIVE_LIBRARY names: what `cargo xtask swift` tests;
//   - on Linux, the one that cargo built into the workspace's target/debug;
//   - elsewhere GoliveFFI.xcframework beside this file: what an app for Apple's systems takes.

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

let framework = "GoliveFFI.xcframework"
let library: Target
var linking: [LinkerSetting] = []
if let folder = hostLibrary() {
    library = .systemLibrary(name: "golive_ffiFFI", path: "Generated/golive_ffiFFI")
    linking = [
        .linkedLibrary("golive_ffi"),
        .unsafeFlags(["-L\(folder)", "-Xlinker", "-rpath", "-Xlinker", folder]),
    ]
} else if isThere(framework) {
    library = .binaryTarget(name: "golive_ffiFFI", path: framework)
} else {
    refuse(
        "there is no ios/\(framework): build one, or let GOLIVE_LIBRARY name the folder of a "
            + "library for this machine, as `cargo xtask swift` does")
}

let package = Package(
    name: "Golive",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Golive", targets: ["Golive"]),
        .library(name: "GoliveTesting", targets: ["GoliveTesting"]),
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
        .target(name: "Golive", dependencies: ["GoliveFFI"]),
        .target(name: "GoliveTesting", dependencies: ["Golive"]),
        .executableTarget(
            name: "QuickStart", dependencies: ["Golive"], path: "Examples/QuickStart"),
        .testTarget(name: "GoliveTests", dependencies: ["Golive", "QuickStart"]),
        .testTarget(name: "GoliveTestingTests", dependencies: ["Golive", "GoliveTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
