package dev.golive.testing

import dev.golive.HeardSound
import dev.golive.InterruptionCause
import dev.golive.Limit
import dev.golive.ShownPicture
import dev.golive.codec.Stage

/** A stage that notes what it is told, for tests of what an app makes of its interruptions. */
public class FakeStage : Stage {
    /** What viewers see. */
    public var shown: ShownPicture = ShownPicture.CAMERA
        private set

    /** What viewers hear. */
    public var heard: HeardSound = HeardSound.MICROPHONE
        private set

    /** What the encoder is asked for at most. */
    public var limit: Limit? = null
        private set

    /** What ended the broadcast, if something did. */
    public var stopped: InterruptionCause? = null
        private set

    /** How often the encoder was made anew. */
    public var restarts: Int = 0
        private set

    /** How often a key frame was asked for. */
    public var keyframes: Int = 0
        private set

    /** What the app was told. */
    public val sentences: MutableList<String> = mutableListOf()

    override fun hear(sound: HeardSound) {
        heard = sound
    }

    override fun show(picture: ShownPicture) {
        shown = picture
    }

    override fun limit(limit: Limit?) {
        this.limit = limit
    }

    override fun restartEncoder() {
        restarts += 1
    }

    override fun requestKeyframe() {
        keyframes += 1
    }

    override fun tell(sentence: String, cause: InterruptionCause?) {
        sentences += sentence
    }

    override fun stop(cause: InterruptionCause) {
        stopped = cause
    }
}
