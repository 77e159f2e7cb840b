// An app's own encoder, as far as the broadcast can tell: it plays real H.264.

import Foundation
import Golive
import Testing

/// An access unit in Annex B form.
struct Picture {
    let data: Data
    let isKey: Bool
}

/// Two seconds of real H.264, one key frame a second, made by ffmpeg.
func film(in folder: URL) async throws -> [Picture] {
    let options =
        "-c:v libx264 -preset veryfast -tune zerolatency -g 30 -bsf:v h264_metadata=aud=insert -f h264"
    let stream = try await made(folder.appending(path: "film.h264"), options, in: folder)
    // ITU-T H.264, table 7-1: a delimiter, and an IDR.
    return try accessUnits(of: stream, delimiter: 9, keys: 5...5) { $0 & 0x1f }
}

/// The same in H.265.
func h265Film(in folder: URL) async throws -> [Picture] {
    let options =
        "-pix_fmt yuv420p -c:v libx265 -preset ultrafast -tune zerolatency "
        + "-x265-params log-level=error:keyint=30:open-gop=0 -bsf:v hevc_metadata=aud=insert -f hevc"
    let stream = try await made(folder.appending(path: "film.h265"), options, in: folder)
    // ITU-T H.265, table 7-1: a delimiter, and pictures at which decoding can begin.
    return try accessUnits(of: stream, delimiter: 35, keys: 16...21) { $0 >> 1 & 0x3f }
}

private func made(_ file: URL, _ options: String, in folder: URL) async throws -> [UInt8] {
    let source =
        "ffmpeg -hide_banner -loglevel error -f lavfi -i testsrc2=size=320x180:rate=30 -t 2 "
    _ = try await Peer(words(source + options) + [file.path()], in: folder).finish()
    return [UInt8](try Data(contentsOf: file))
}

/// Cut where a delimiter begins; `type` reads the type of a NAL unit from its first byte.
private func accessUnits(
    of stream: [UInt8], delimiter: UInt8, keys: ClosedRange<UInt8>, type: (UInt8) -> UInt8
) throws -> [Picture] {
    let units = stream.indices.dropLast(3).filter { stream[$0...].starts(with: [0, 0, 1]) }
    let begins = units.filter { type(stream[$0 + 3]) == delimiter }
    let film = zip(begins, begins.dropFirst() + [stream.count]).map { begin, end in
        let isKey = units.contains { begin..<end ~= $0 && keys ~= type(stream[$0 + 3]) }
        return Picture(data: Data(stream[begin..<end]), isKey: isKey)
    }
    try #require(film.count == 60, "ffmpeg made no film")
    return film
}

/// Plays a film again and again, goes on with a key frame when it is asked for one, and notes what
/// it is told.
class FilmEncoder: Encoder, @unchecked Sendable {
    private let film: [Picture]
    private let player = DispatchGroup()
    private let lock = NSLock()
    private var notes: [String] = []
    private var callers: Set<ObjectIdentifier> = []
    private var isPlaying = false
    private var owesKey = false

    init(_ film: [Picture]) {
        self.film = film
    }

    /// What it was told, in order.
    var told: [String] { lock.withLock { notes } }

    /// The threads that it was called on.
    var threads: Set<ObjectIdentifier> { lock.withLock { callers } }

    func start(sink: FrameSink, target: EncoderTarget) throws {
        note("start")
        lock.withLock { isPlaying = true }
        DispatchQueue(label: "film").async(group: player) { [self] in
            play(into: sink)
        }
    }

    func setTarget(target: EncoderTarget) throws {
        note("target \(target.videoBitsPerSecond)")
    }

    func requestKeyframe() throws {
        note("keyframe")
        lock.withLock { owesKey = true }
    }

    func restart() throws {
        note("restart")
    }

    func setMuted(muted: Bool) throws {
        note("muted \(muted)")
    }

    func stop() throws {
        note("stop")
        lock.withLock { isPlaying = false }
        player.wait()
    }

    private func play(into sink: FrameSink) {
        let begin = sink.nowUs()
        var (next, time, sent) = (0, begin, Int64(0))
        while lock.withLock({ isPlaying }) {
            while lock.withLock({ owesKey }) && !film[next].isKey {
                next = (next + 1) % film.count
            }
            let picture = film[next]
            lock.withLock { owesKey = owesKey && !picture.isKey }
            sink.pushVideo(data: picture.data, ptsUs: time, dtsUs: time, keyframe: picture.isKey)
            next = (next + 1) % film.count
            sent += 1
            time = begin + sent * 1_000_000 / 30
            Thread.sleep(forTimeInterval: max(0, Double(time - sink.nowUs()) / 1_000_000))
        }
    }

    private func note(_ what: String) {
        lock.withLock {
            notes.append(what)
            callers.insert(ObjectIdentifier(Thread.current))
        }
    }
}
