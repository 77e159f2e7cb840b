package dev.golive.camera

import dev.golive.ShownPicture
import dev.golive.codec.Codec
import dev.golive.codec.CodecFormat

/**
 * What draws, and nothing that decides: the seam behind which OpenGL stands on Android. Every method
 * returns at once, may be called from any thread, and is carried out in order.
 */
public interface PictureStage {
    /** Draws for this codec from now on, in its size. */
    public fun setOutput(codec: Codec, format: CodecFormat)

    /** Draws for this codec no longer; one that is being drawn for may still get a picture. */
    public fun clearOutput(codec: Codec)

    /** The camera's pictures come, and are to be seen, so. */
    public fun setView(view: CameraView)

    /**
     * What is drawn from now on. [ShownPicture.LAST_FRAME] keeps the camera's newest picture as it is
     * now, whatever a camera delivers later; without one, it is the slate.
     */
    public fun show(picture: ShownPicture)

    /**
     * Draws what is shown, for the preview, and for the codec if [codecTimeUs] is said.
     *
     * @param codecTimeUs the picture's time, on [dev.golive.codec.Clock.MONOTONIC].
     */
    public fun draw(codecTimeUs: Long?)
}
