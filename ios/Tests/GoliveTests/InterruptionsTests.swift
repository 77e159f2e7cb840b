// What viewers see and hear while an iPhone interrupts a broadcast, in virtual time.

import Golive
import Testing

@Suite struct InterruptionsTests {
    private let time = VirtualTime()
    private let broadcast: PaperBroadcast
    private let sound = SoundOwner()
    private let phone = PaperPhone()
    private let interruptions: Interruptions

    init() async throws {
        let config = try config(9)
        broadcast = PaperBroadcast(config)
        interruptions = Interruptions(
            broadcast, asked: EncoderTarget(config), time: time,
            activateSound: { [sound] in sound.activate() },
            askForTime: { [phone] in await phone.asksForTime("a test", expired: $0) })
        await interruptions.begin()
    }

    @Test("a call at minute three closes the microphone at once, and ends with it open again")
    func call() async {
        await time.pass(.seconds(180))
        sound.isTaken = true
        await interruptions.hear(.soundInterrupted(.taken))
        #expect(broadcast.shown == .lastFrame && broadcast.heard == .released)
        await time.pass(.seconds(3))
        #expect(broadcast.shown == .slate && broadcast.heard == .released)
        await time.pass(.seconds(37))
        sound.isTaken = false
        await interruptions.hear(.soundInterruptionEnded(shouldResume: true))
        await time.pass(.seconds(1))
        #expect(broadcast.shown == .camera && broadcast.heard == .microphone)
        #expect(broadcast.count(.keyframe) == 1)
        await interruptions.close()
        let told = await interruptions.events.reduce(into: []) { $0.append($1) }
        #expect(told.first?.cause == .call && told.first?.heard == .released)
        #expect(told.last?.shown == .camera && told.last?.heard == .microphone)
        #expect(told.contains { $0.sentence.contains("the call is over") }, "\(told)")
    }

    @Test("a call whose end nobody tells is over when the phone gives the sound back")
    func silentEnd() async {
        sound.isTaken = true
        await interruptions.hear(.soundInterrupted(.taken))
        await time.pass(.seconds(60))
        #expect(broadcast.heard == .released)
        #expect(sound.attempts > 5, "nobody tried to have it back")
        sound.isTaken = false
        await time.pass(.seconds(7))
        #expect(broadcast.shown == .camera && broadcast.heard == .microphone)
        let attempts = sound.attempts
        await time.pass(.seconds(60))
        #expect(sound.attempts == attempts, "it goes on trying")
    }

    @Test("an end that is told while the call still has the sound opens no microphone")
    func falseEnd() async {
        sound.isTaken = true
        await interruptions.hear(.soundInterrupted(.taken))
        await interruptions.hear(.soundInterruptionEnded(shouldResume: true))
        await time.pass(.seconds(60))
        #expect(broadcast.heard == .released)
    }

    @Test("a call of more than ten minutes ends the broadcast")
    func endlessCall() async {
        sound.isTaken = true
        await interruptions.hear(.soundInterrupted(.taken))
        await time.pass(.seconds(600))
        #expect(!broadcast.wasCancelled)
        await time.pass(.seconds(3))
        #expect(broadcast.wasCancelled)
    }

    @Test("in the background viewers hear the person, and on return get a new encoder's picture")
    func background() async {
        await interruptions.hear(.captureInterrupted(.inBackground))
        await interruptions.hear(.enteredBackground)
        #expect(broadcast.shown == .nothing && broadcast.heard == .microphone)
        await time.pass(.seconds(300))
        #expect(broadcast.count(.encoderRestart) == 0)
        await interruptions.hear(.entersForeground)
        await time.pass(.seconds(2))
        #expect(broadcast.shown == .camera)
        #expect(broadcast.count(.encoderRestart) == 1)
        #expect(broadcast.count(.keyframe) == 1)
    }

    @Test("an encoder that is lost in the foreground is made anew, and in the background is not")
    func encoderLost() async {
        await interruptions.hear(.encoderLost)
        #expect(broadcast.count(.encoderRestart) == 1)
        await interruptions.hear(.enteredBackground)
        await interruptions.hear(.encoderLost)
        #expect(broadcast.count(.encoderRestart) == 1)
    }

    @Test("a call in the background is over when the person comes back, and not before")
    func callInBackground() async {
        await interruptions.hear(.enteredBackground)
        await interruptions.hear(.soundInterrupted(.taken))
        await time.pass(.seconds(60))
        await interruptions.hear(.soundInterruptionEnded(shouldResume: false))
        #expect(sound.attempts == 0, "it takes the sound from whoever has it now")
        await interruptions.hear(.entersForeground)
        await time.pass(.seconds(1))
        #expect(broadcast.shown == .camera && broadcast.heard == .microphone)
    }

    @Test("the app asks for time while a call closes its microphone in the background, and then only")
    func granted() async {
        await interruptions.hear(.enteredBackground)
        #expect(phone.log == [], "it records, and is left alone")
        await interruptions.hear(.soundInterrupted(.taken))
        #expect(phone.log == ["time"])
        await interruptions.hear(.soundInterruptionEnded(shouldResume: true))
        #expect(phone.log == ["time"], "its microphone is closed still")
        await time.pass(.seconds(2))
        #expect(broadcast.heard == .microphone && phone.log == ["time", "enough"])
        await interruptions.hear(.soundInterrupted(.taken))
        await interruptions.hear(.entersForeground)
        #expect(phone.log == ["time", "enough", "time", "enough"])
        await phone.letTimeExpire()
        #expect(!broadcast.wasCancelled)
    }

    @Test("a microphone that is slow to be free is asked for until it opens, and that is told once")
    func slowMicrophone() async {
        broadcast.refuse(.hear(sound: .microphone), with: GoliveError(.deviceUnavailable, "busy"))
        await interruptions.hear(.soundInterrupted(.taken))
        await interruptions.hear(.soundInterruptionEnded(shouldResume: true))
        await time.pass(.seconds(17))
        #expect(broadcast.timesRefused == 4 && broadcast.heard == .released)
        #expect(await interruptions.heard == .released, "the person believes to be heard")
        broadcast.refuse(.hear(sound: .microphone), with: nil)
        await time.pass(.seconds(5))
        #expect(broadcast.heard == .microphone)
        await time.pass(.seconds(60))
        #expect(broadcast.count(.hear(sound: .microphone)) == 1, "it goes on asking")
        await interruptions.close()
        let told = await interruptions.events.reduce(into: []) { $0.append($1) }
        #expect(told.count { $0.sentence.contains("could not be changed") } == 1, "\(told)")
        #expect(told.last?.sentence.contains("after all") == true && told.last?.heard == .microphone)
    }

    @Test("a camera that is slow to be free is asked for until the broadcast is to show something else")
    func slowCamera() async {
        let busy = GoliveError(.deviceUnavailable, "busy")
        broadcast.refuse(.show(picture: .camera), with: busy)
        await interruptions.hear(.enteredBackground)
        await interruptions.hear(.entersForeground)
        await time.pass(.seconds(8))
        #expect(broadcast.timesRefused == 2 && broadcast.shown == .nothing)
        await interruptions.hear(.enteredBackground)
        await time.pass(.seconds(60))
        #expect(broadcast.timesRefused == 2, "it opens a camera that nobody is to see")
        await interruptions.hear(.entersForeground)
        await time.pass(.seconds(2))
        #expect(broadcast.timesRefused == 3)
        await interruptions.close()
        await time.pass(.seconds(60))
        #expect(broadcast.timesRefused == 3, "it asks after the end")
    }

    @Test("who muted the microphone is not heard after a call")
    func muted() async {
        await interruptions.mute(true)
        #expect(broadcast.heard == .muted)
        await interruptions.hear(.soundInterrupted(.taken))
        #expect(broadcast.heard == .released)
        await interruptions.hear(.soundInterruptionEnded(shouldResume: true))
        await time.pass(.seconds(2))
        #expect(broadcast.shown == .camera && broadcast.heard == .muted)
        await interruptions.mute(false)
        #expect(broadcast.heard == .microphone)
    }

    @Test("a hot phone is asked for less, and for all again when it has cooled")
    func heat() async {
        await interruptions.hear(.heat(.serious))
        #expect(broadcast.count(.videoBitrate(bitsPerSecond: 360_000)) == 1)
        #expect(broadcast.count(.size(widthPixels: 320, heightPixels: 180)) == 0, "it fits")
        await interruptions.hear(.heat(.nominal))
        await time.pass(.seconds(30))
        #expect(broadcast.count(.videoBitrate(bitsPerSecond: 600_000)) == 0)
        await time.pass(.seconds(31))
        #expect(broadcast.count(.videoBitrate(bitsPerSecond: 600_000)) == 1)
    }

    @Test("what happens before the broadcast is live counts once it is")
    func beforeLive() async throws {
        let config = try config(9)
        let early = PaperBroadcast(config)
        let interruptions = Interruptions(
            early, asked: EncoderTarget(config), time: time, activateSound: { false })
        await interruptions.hear(.soundInterrupted(.taken))
        #expect(early.changes == [])
        await interruptions.begin()
        #expect(early.shown == .lastFrame && early.heard == .released)
    }

    @Test("once it is closed nothing is changed or tried any more")
    func closed() async {
        await interruptions.hear(.soundInterrupted(.taken))
        await interruptions.close()
        let (changes, attempts) = (broadcast.changes, sound.attempts)
        await interruptions.hear(.soundInterruptionEnded(shouldResume: true))
        await interruptions.hear(.enteredBackground)
        await time.pass(.seconds(900))
        #expect(broadcast.changes == changes && sound.attempts == attempts)
    }
}
