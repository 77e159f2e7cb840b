// What an iPhone's notifications mean, one after the other.

import Testing

@testable import Golive

@Suite struct PhoneRulesTests {
    @Test("the numbers in a notification about sound are read as Apple counts them")
    func soundNumbers() {
        #expect(PhoneEvent.soundInterruption(type: 1) == .soundInterrupted(.taken))
        #expect(PhoneEvent.soundInterruption(type: 1, reason: 0) == .soundInterrupted(.taken))
        let suspended = PhoneEvent.soundInterruption(type: 1, reason: 1)
        #expect(suspended == .soundInterrupted(.appWasSuspended))
        let muted = PhoneEvent.soundInterruption(type: 1, reason: 2)
        #expect(muted == .soundInterrupted(.microphoneMuted))
        let route = PhoneEvent.soundInterruption(type: 1, reason: 4)
        #expect(route == .soundInterrupted(.routeGone))
        let resume = PhoneEvent.soundInterruption(type: 0, options: 1)
        #expect(resume == .soundInterruptionEnded(shouldResume: true))
        let over = PhoneEvent.soundInterruption(type: 0)
        #expect(over == .soundInterruptionEnded(shouldResume: false))
        #expect(PhoneEvent.soundInterruption(type: 7) == nil)
    }

    @Test(
        "why capture stands still is read as Apple counts it",
        arguments: [
            (1, CaptureInterruption.inBackground), (2, .microphoneTaken), (3, .cameraTaken),
            (4, .sharesScreen), (5, .systemPressure), (99, .other),
        ])
    func captureNumbers(number: Int, interruption: CaptureInterruption) {
        #expect(CaptureInterruption(reason: number) == interruption)
    }

    @Test("an app that was suspended was not called, and takes its sound back")
    func suspended() {
        var rules = PhoneRules()
        #expect(rules.hear(.soundInterrupted(.appWasSuspended)) == [.activateSound])
        #expect(rules.hear(.soundActivated) == [])
    }

    @Test("a camera that stands still in the background is no cause of its own, and back with the app")
    func background() {
        var rules = PhoneRules()
        #expect(rules.hear(.captureInterrupted(.inBackground)) == [])
        #expect(rules.hear(.enteredBackground) == [.began(.background)])
        let back = rules.hear(.entersForeground)
        #expect(back == [.ended(.background), .tell(.cameraPicture)])
    }

    @Test("a camera that somebody took meanwhile is not back with the app")
    func takenMeanwhile() {
        var rules = PhoneRules()
        _ = rules.hear(.enteredBackground)
        _ = rules.hear(.captureInterrupted(.cameraTaken))
        #expect(rules.hear(.entersForeground) == [.ended(.background)])
        let back = rules.hear(.captureInterruptionEnded)
        #expect(back == [.ended(.cameraLost), .tell(.cameraPicture)])
    }

    @Test("a camera that another app takes is lost until it delivers again")
    func cameraTaken() {
        var rules = PhoneRules()
        #expect(rules.hear(.captureInterrupted(.cameraTaken)) == [.began(.cameraLost)])
        #expect(rules.hear(.captureInterrupted(.systemPressure)) == [])
        let back = rules.hear(.captureInterruptionEnded)
        #expect(back == [.ended(.cameraLost), .tell(.cameraPicture)])
    }

    @Test("a microphone is back when nothing stands between it and the broadcast any more")
    func microphone() {
        var rules = PhoneRules()
        #expect(rules.hear(.routeChanged(hasMicrophone: false)) == [.began(.microphoneLost)])
        #expect(rules.hear(.soundInterrupted(.routeGone)) == [])
        #expect(rules.hear(.routeChanged(hasMicrophone: true)) == [.activateSound])
        #expect(rules.hear(.soundActivated) == [.ended(.microphoneLost)])
    }

    @Test("a call that takes the route gives it back with the sound, though nobody tells")
    func routeDuringCall() {
        var rules = PhoneRules()
        #expect(rules.hear(.soundInterrupted(.taken)) == [.began(.call)])
        #expect(rules.hear(.routeChanged(hasMicrophone: false)) == [.began(.microphoneLost)])
        #expect(rules.hear(.soundActivated) == [.ended(.call), .ended(.microphoneLost)])
    }

    @Test("media services that were reset have everything made anew")
    func mediaServices() {
        var rules = PhoneRules()
        let lost = rules.hear(.mediaServicesLost)
        #expect(lost == [.began(.microphoneLost), .began(.cameraLost)])
        let reset = rules.hear(.mediaServicesReset)
        #expect(reset == [.activateSound, .restartEncoder])
        #expect(rules.hear(.soundActivated) == [.ended(.microphoneLost)])
        let back = rules.hear(.captureStarted)
        #expect(back == [.ended(.cameraLost), .tell(.cameraPicture)])
    }

    @Test("the sound is asked for again in the foreground only, and only during a call")
    func attempts() {
        var rules = PhoneRules()
        #expect(!rules.awaitsSound)
        _ = rules.hear(.soundInterrupted(.taken))
        #expect(rules.awaitsSound)
        _ = rules.hear(.enteredBackground)
        #expect(!rules.awaitsSound)
        #expect(rules.hear(.soundInterruptionEnded(shouldResume: false)) == [])
        #expect(rules.hear(.soundInterruptionEnded(shouldResume: true)) == [.activateSound])
        #expect(rules.hear(.entersForeground).contains(.activateSound))
        _ = rules.hear(.soundActivated)
        #expect(!rules.awaitsSound)
    }
}
