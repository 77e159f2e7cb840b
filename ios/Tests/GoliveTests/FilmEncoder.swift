// An app's own encoder, as far as the broadcast can tell: it plays real H.264.

import Foundation
import Golive
import Testing

/// An access unit of H.264 in Annex B form.
struct Picture {
    let data: Data
    let isKey: Bool
}

/// Two seconds of real H.264, one key frame a second, made by ffmpeg.
func film(in folder: URL) async throws -> [Picture] {
    let file = folder.appending(path: "film.h264")
    let make =
        "ffmpeg -hide_banner -loglevel error -f lavfi -i testsrc2=size=320x180:rate=30 -t 2 "
        + "-c:v libx264 -preset veryfast -tune zerolatency -g 30 -bsf:v h264_metadata=aud=insert "
        + "-f h264"
    let said = try await Peer(words(make) + [file.path()], in: folder).finish()
    let film = accessUnits(of: [UInt8](try Data(contentsOf: file)))
    try #require(film.count == 60, "ffmpeg made no film: \(said)")
    return film
}

/// Cut where a delimiter (NAL unit type 9) begins.
private func accessUnits(of stream: [UInt8]) -> [Picture] {
    let begins = stream.indices.filter {
        stream[$0...].starts(with: [0, 0, 0, 1]) && unitType(in: stream, at: $0 + 4) == 9
    }
    return zip(begins, begins.dropFirst() + [stream.count]).map { begin, end in
        let unit = stream[begin..<end]
        let isKey = unit.indices.contains {
            unit[$0...].starts(with: [0, 0, 1]) && unitType(in: stream, at: $0 + 3) == 5
        }
        return Picture(data: Data(unit), isKey: isKey)
    }
}

private func unitType(in stream: [UInt8], at index: Int) -> UInt8? {
    stream.indices.contains(index) ? stream[index] & 0x1f : nil
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
