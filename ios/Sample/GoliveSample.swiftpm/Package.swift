// swift-tools-version: 6.0
//
// The sample app: open this folder in Xcode. It takes Golive from the repository that it lies in, so
// `cargo xtask ios` has to have been run there.

import AppleProductTypes
import PackageDescription

let package = Package(
    name: "Golive Sample",
    platforms: [.iOS("16.0")],
    products: [
        .iOSApplication(
            name: "Golive Sample",
            targets: ["App"],
            bundleIdentifier: "dev.golive.sample",
            displayVersion: "0.1.0",
            bundleVersion: "1",
            appIcon: .placeholder(icon: .camera),
            accentColor: .presetColor(.red),
            supportedDeviceFamilies: [.phone, .pad],
            supportedInterfaceOrientations: [.portrait, .landscapeLeft, .landscapeRight],
            additionalInfoPlistContentFilePath: "Info.plist"
        )
    ],
    dependencies: [.package(name: "Golive", path: "../..")],
    targets: [
        .executableTarget(
            name: "App",
            dependencies: [
                .product(name: "Golive", package: "Golive"),
                .product(name: "GoliveSampleModel", package: "Golive"),
            ],
            path: "App")
    ],
    swiftLanguageModes: [.v6]
)
