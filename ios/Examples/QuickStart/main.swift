import Golive

let destination = try Destination(CommandLine.arguments[1])
let sources = Sources(video: .testPicture, audio: .testTone)
try await onAir(BroadcastConfig(destination: destination, sources: sources)) { broadcast in
    for await health in broadcast.healthUpdates.prefix(50) {
        print(health.state, health.sentBitsPerSecond / 1_000, "kb/s")
    }
}
