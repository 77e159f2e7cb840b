// The program that the README shows.

import Foundation
import Testing

extension Stories {
    @Suite struct QuickStartTests {
        /// The folder that holds Package.swift.
        private let package = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

        @Test("the program that the README shows is the one that is built")
        func shown() throws {
            let program = try read("Examples/QuickStart/main.swift")
            #expect(try read("README.md").contains("```swift\n\(program)```"))
        }

        @Test("that program is on air for ten seconds, and ends")
        func run() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                let built = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
                let program = built.appending(path: "QuickStart").path()
                let said = try await Peer([program, "srt://127.0.0.1:\(port)"], in: folder).finish()
                #expect(said.hasPrefix("live ") && said.contains("kb/s"), "\(said)")
                #expect(said.split(separator: "\n").count == 50, "\(said)")
                try await ffmpeg.finish()
                #expect(try await packets(of: file, in: folder)["h264", default: 0] > 200)
            }
        }

        private func read(_ path: String) throws -> String {
            try String(contentsOf: package.appending(path: path), encoding: .utf8)
        }
    }
}
