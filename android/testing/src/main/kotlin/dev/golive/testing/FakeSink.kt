package dev.golive.testing

import dev.golive.FrameSinkInterface
import dev.golive.MediaTrack
import dev.golive.codec.Clocks
import java.nio.ByteBuffer

/** Takes what an encoder produces, and keeps it for a test to look at. It begins when it is made. */
public class FakeSink(private val clocks: Clocks) : FrameSinkInterface {
    /** A picture: its bytes, its place on the media timeline, and whether decoding can begin there. */
    public class Picture(public val data: ByteArray, public val timeUs: Long, public val isKey: Boolean)

    /** A frame of sound: its bytes, and its place on the media timeline. */
    public class Sound(public val data: ByteArray, public val timeUs: Long)

    /** What was captured, and what of it the encoder left out to keep to its bitrate. */
    public var captured: Pair<ULong, ULong> = 0UL to 0UL
        private set

    /** Pictures that the encoder had no time for. */
    public var dropped: ULong = 0UL
        private set

    /** The pictures so far. */
    public val pictures: MutableList<Picture> = mutableListOf()

    /** The sound so far. */
    public val sounds: MutableList<Sound> = mutableListOf()

    /** What was reported of devices and codecs, a sentence each. */
    public val reports: MutableList<String> = mutableListOf()

    private val epochUs = clocks.bootUs()

    override fun pushVideo(data: ByteBuffer, ptsUs: Long, dtsUs: Long, keyframe: Boolean) {
        pictures += Picture(bytes(data), ptsUs, keyframe)
    }

    override fun pushAudio(data: ByteBuffer, ptsUs: Long) {
        sounds += Sound(bytes(data), ptsUs)
    }

    override fun epochUs(): ULong = epochUs.toULong()

    override fun nowUs(): Long = clocks.bootUs() - epochUs

    override fun noteCaptured(frames: ULong, skipped: ULong) {
        captured = frames to skipped
    }

    override fun noteDropped(frames: ULong) {
        dropped += frames
    }

    override fun reportLost(device: String, reason: String) {
        reports += "lost $device: $reason"
    }

    override fun reportBack(device: String) {
        reports += "back $device"
    }

    override fun reportCodecFailed(track: MediaTrack, reason: String) {
        reports += "codec failed: $reason"
    }

    private fun bytes(data: ByteBuffer): ByteArray = ByteArray(data.remaining()).also { data.duplicate().get(it) }
}
