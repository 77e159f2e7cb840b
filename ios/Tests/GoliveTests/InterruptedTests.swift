// A call, and what ffmpeg records of it: the whole way, with what is captured on this machine.

import Foundation
import Golive
import Testing

extension Stories {
    @MainActor @Suite struct InterruptedTests {
        @Test("a call makes the picture that viewers get stand still, then a slate, then move again")
        func call() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                let phone = PaperPhone()
                let (told, tells) = AsyncStream.makeStream(of: InterruptionEvent.self)
                let config = try config(port)
                let studio = Studio(phone: phone)
                try await studio.onAir(config, interrupted: { tells.yield($0) }) { _ in
                    var events = told.makeAsyncIterator()
                    try await Task.sleep(for: .seconds(2))
                    phone.sound.isTaken = true
                    phone.say(.soundInterrupted(.taken))
                    #expect(await events.next()?.shown == .lastFrame)
                    #expect(await events.next()?.shown == .slate)
                    try await Task.sleep(for: .seconds(2))
                    phone.sound.isTaken = false
                    phone.say(.soundInterruptionEnded(shouldResume: true))
                    #expect(await events.next()?.shown == .camera)
                    try await Task.sleep(for: .seconds(2))
                }
                try await ffmpeg.finish()
                #expect(try await complaints(about: file, in: folder) == "")
                let (still, silent) = try await stillAndSilent(file, in: folder)
                // Two seconds of the last picture, two of a slate and one until a call is over.
                #expect(still > 3 && still < 9, "the picture stood still for \(still) s")
                #expect(silent > 3 && silent < 9, "nothing was heard for \(silent) s")
            }
        }

        /// For how long at once a recording stands still, and is silent, at most: in seconds.
        private func stillAndSilent(_ file: URL, in folder: URL) async throws -> (Double, Double) {
            let filters = "-vf freezedetect=n=-50dB:d=1 -af silencedetect=n=-50dB:d=1.5 -f null -"
            let look = words("ffmpeg -hide_banner -i") + [file.path()] + words(filters)
            let said = try await Peer(look, in: folder).finish()
            func total(_ mark: String) -> Double {
                let figures = said.components(separatedBy: mark).dropFirst()
                return figures.reduce(0) { sum, rest in
                    sum + (Double(rest.prefix { $0.isNumber || $0 == "." }) ?? 0)
                }
            }
            return (total("freeze_duration: "), total("silence_duration: "))
        }
    }
}
