// Programs that were not written here, as peers and judges; Swift Testing's tests start them.

import Foundation
import Golive
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Every test that broadcasts is in here: one after the other, as two on a busy machine would
/// measure each other.
@Suite(.serialized, .timeLimit(.minutes(2))) enum Stories {}

/// Runs `body` with a folder that is gone afterwards.
func inScratch(
    isolation: isolated (any Actor)? = #isolation, _ body: (URL) async throws -> Void
) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "golive-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
}

/// A UDP port that nobody uses.
func freePort() throws -> UInt16 {
    #if canImport(Glibc)
        let kind = Int32(SOCK_DGRAM.rawValue)
    #else
        let kind = SOCK_DGRAM
    #endif
    let socket = socket(AF_INET, kind, 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(socket, address, length) != 0 || getsockname(socket, address, &length) != 0
        }
    }
    try #require(!failed, "the system gives no port")
    return UInt16(bigEndian: address.sin_port)
}

/// A program beside the test; it ends with the test at the latest. Once started it is only asked
/// whether it runs, which Foundation allows from anywhere.
final class Peer: @unchecked Sendable {
    private let process: Process
    private let log: URL

    /// Starts a program, and keeps in `folder` what it prints.
    init(_ words: [String], in folder: URL) throws {
        log = folder.appending(path: "\(UUID()).log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
        }
    }

    /// What it has printed.
    var said: String {
        (try? String(contentsOf: log, encoding: .utf8)) ?? ""
    }

    /// Waits for its end; answers what it printed.
    @discardableResult
    func finish() async throws -> String {
        try await eventually("\(process.arguments ?? []) goes on and on: \(said)") {
            !process.isRunning
        }
        return said
    }

    /// ffmpeg, which takes one broadcast at `port` into `file` as it is.
    static func ffmpeg(
        in folder: URL, port: UInt16, file: URL, options: String = ""
    ) async throws -> Peer {
        let take = "ffmpeg -hide_banner -loglevel info -f mpegts -i"
        let keep = "-map 0 -c copy -f mpegts"
        let peer = try Peer(
            words(take) + ["srt://127.0.0.1:\(port)?mode=listener\(options)"] + words(keep)
                + [file.path()],
            in: folder)
        #if os(Linux)
            let hexadecimal = String(port, radix: 16, uppercase: true)
            let address = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
            try await eventually("nobody listens at \(port): \(peer.said)") {
                try String(contentsOf: URL(filePath: "/proc/net/udp"), encoding: .utf8)
                    .contains(address + " ")
            }
        #else
            try await Task.sleep(for: .seconds(2))
        #endif
        return peer
    }
}

/// Waits until something holds, half a minute at most.
func eventually(
    _ otherwise: @autoclosure () -> String, isolation: isolated (any Actor)? = #isolation,
    _ holds: () throws -> Bool
) async throws {
    for _ in 0..<600 {
        if try holds() {
            return
        }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("\(otherwise())")
}

/// The error that `body` ends with.
func failure(
    isolation: isolated (any Actor)? = #isolation, of body: () async throws -> Void
) async throws -> GoliveError {
    var caught: GoliveError?
    do {
        try await body()
    } catch let error as GoliveError {
        caught = error
    }
    return try #require(caught, "nothing was thrown")
}

/// How many packets ffprobe finds in a file, by codec.
func packets(of file: URL, in folder: URL) async throws -> [String: Int] {
    let count = "ffprobe -v error -count_packets -show_entries stream=codec_name,nb_read_packets"
    let said = try await Peer(words(count) + ["-of", "csv=p=0", file.path()], in: folder).finish()
    var packets: [String: Int] = [:]
    for line in said.split(separator: "\n") {
        let fields = line.split(separator: ",")
        if fields.count >= 2, let number = Int(fields[1]) {
            packets[String(fields[0])] = number
        }
    }
    return packets
}

/// What ffmpeg complains of while it decodes a file.
func complaints(about file: URL, in folder: URL) async throws -> String {
    let decode = words("ffmpeg -v error -i") + [file.path()] + words("-fps_mode passthrough -enc_time_base -1 -f null -")
    return try await Peer(decode, in: folder).finish()
}

/// A command's words, which have no spaces in them.
func words(_ command: String) -> [String] {
    command.split(separator: " ").map(String.init)
}
