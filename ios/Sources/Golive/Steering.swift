// What can be done to a broadcast while it is on air whose capture is built in, each by its name:
// one change for each, in the words of an app.

import GoliveFFI

extension LiveBroadcast {
    /// Shows this to viewers from now on, until something else is asked for.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live.
    public func show(_ picture: ShownPicture) throws(GoliveError) {
        try set(.show(picture: picture))
    }

    /// Lets viewers hear this from now on. `released` closes the microphone.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live.
    public func hear(_ sound: HeardSound) throws(GoliveError) {
        try set(.hear(sound: sound))
    }

    /// Makes the video encoder anew, on the same timeline: the system took it.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live.
    public func restartEncoder() throws(GoliveError) {
        try set(.encoderRestart)
    }

    /// Takes another camera, counted from zero.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live, `deviceUnavailable` if there
    ///   is no such camera.
    public func useCamera(_ index: UInt32) throws(GoliveError) {
        try set(.camera(index: index))
    }

    /// Turns the camera's lamp on or off. A camera without one says so as an event.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live.
    public func setTorch(_ isOn: Bool) throws(GoliveError) {
        try set(.torch(isOn: isOn))
    }

    /// Enlarges the middle of the picture: 1.0 is all of it. What the camera cannot do is bounded by
    /// what it can.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live.
    public func setZoom(_ factor: Double) throws(GoliveError) {
        try set(.zoom(factor: factor))
    }
}
