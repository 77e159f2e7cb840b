// What can happen to a rehearsed broadcast, in the words of a test.

import Golive

extension Happening {
    /// A call comes in, or another app takes the sound.
    public static let call = began(.call)
    /// The call is over.
    public static let callEnds = ended(.call)
    /// The person leaves the app, or locks the screen.
    public static let background = began(.background)
    /// The person is back in the app.
    public static let foreground = ended(.background)
    /// Another app takes the camera, or it fails.
    public static let cameraTaken = began(.cameraLost)
    /// The camera is free again, and delivers its first picture 300 ms later.
    public static let cameraBack = ended(.cameraLost)
    /// The system silences the microphone, or its route is gone.
    public static let microphoneLost = began(.microphoneLost)
    /// The microphone is there again.
    public static let microphoneBack = ended(.microphoneLost)
    /// The person asks the device to save its battery.
    public static let lowPower = began(.lowPower)
    /// The battery need not be saved any more.
    public static let fullPower = ended(.lowPower)
    /// Nothing passes on the network any more.
    public static let noNetwork = Happening.network(network: .none)
    /// The video encoder delivers nothing any more, until it is made anew.
    public static let encoderFreezes = Happening.encoder(behaviour: .freezes)
    /// The ingest dies without a word.
    public static let ingestDies = Happening.ingest(behaviour: .dies)
    /// An ingest is there again.
    public static let ingestReturns = Happening.ingest(behaviour: .returns)
    /// The ingest refuses the key of whoever comes.
    public static let wrongKey = Happening.ingest(behaviour: .refusesKey)

    /// The device is so hot.
    public static func heat(_ level: Heat) -> Happening {
        .interruption(input: .thermal(level: level))
    }

    private static func began(_ cause: InterruptionCause) -> Happening {
        .interruption(input: .began(cause: cause))
    }

    private static func ended(_ cause: InterruptionCause) -> Happening {
        .interruption(input: .ended(cause: cause))
    }
}
