package dev.golive.codec

import java.nio.ByteBuffer
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** Draws pictures for a codec that is tried. */
public interface TrialPictures : AutoCloseable {
    /**
     * Draws a picture that is unlike the one before. Waits while the codec takes none.
     *
     * @param timeUs its time.
     * @throws Exception if nothing can be drawn.
     */
    public fun draw(number: Int, timeUs: Long)
}

/** Keeps what trials saw: a device's encoders change with its system only. */
public interface TrialStore {
    /** What was kept under [key]. */
    public fun read(key: String): TrialResult?

    /** Keeps it. */
    public fun write(key: String, result: TrialResult)
}

/**
 * Tries an encoder for a moment: gives it two seconds' worth of pictures as fast as it takes them, tells it
 * half the bitrate in the middle, and sees what it makes. Takes as long as the encoder, at most [LIMIT_MS].
 *
 * @param pictures opens what draws for a codec that has been started.
 * @param store where results are kept by the codec's name and the format.
 */
public class CodecTrial(
    private val pictures: (Codec, CodecFormat) -> TrialPictures,
    private val clocks: Clocks,
    private val store: TrialStore,
) {
    /**
     * What [factory]'s codec made of [format]; by an earlier trial, if there was one. Null if it fails or
     * takes too long, which is not kept. To be called on a thread that may wait.
     */
    public fun result(name: String, factory: CodecFactory, format: CodecFormat): TrialResult? {
        val key = "$name ${format.widthPixels}x${format.heightPixels}@${format.framesPerSecond} ${format.bitsPerSecond}"
        return store.read(key) ?: measure(factory, format)?.also { store.write(key, it) }
    }

    private fun measure(factory: CodecFactory, wanted: CodecFormat): TrialResult? {
        val codec = try {
            factory.create()
        } catch (_: Exception) {
            return null
        }
        val count = 2 * wanted.framesPerSecond
        val made = Made(count)
        return try {
            val format = codec.fit(wanted)
            codec.start(format, made)
            val begunUs = clocks.monotonicUs()
            // Whoever draws may wait for ever for a codec that hangs; releasing it ends that.
            val drawing = thread(name = "golive-trial") { draw(codec, format, count, made) }
            val isDone = made.isDone.await(LIMIT_MS, TimeUnit.MILLISECONDS)
            val endUs = clocks.monotonicUs()
            codec.release()
            drawing.join(LIMIT_MS)
            if (isDone && !made.hasFailed) made.result(format, endUs - begunUs) else null
        } catch (_: Exception) {
            codec.release()
            null
        }
    }

    private fun draw(codec: Codec, format: CodecFormat, count: Int, made: Made) {
        try {
            pictures(codec, format).use { pictures ->
                for (number in 0 until count) {
                    if (number == count / 2) codec.setBitrate(format.bitsPerSecond / 2)
                    pictures.draw(number, number * 1_000_000L / format.framesPerSecond)
                }
            }
        } catch (_: Exception) {
            made.fail()
        }
    }

    /** Counts what comes. */
    private class Made(private val count: Int) : Codec.Listener {
        val isDone = CountDownLatch(1)
        @Volatile var hasFailed = false
            private set
        private var pictures = 0
        private var lateBytes = 0L

        fun fail() {
            hasFailed = true
            isDone.countDown()
        }

        fun result(format: CodecFormat, tookUs: Long) = synchronized(this) {
            val asked = format.bitsPerSecond / 2.0 * LATE_PART * count / format.framesPerSecond
            TrialResult(count * 1e6 / tookUs.coerceAtLeast(1), lateBytes * 8 / asked)
        }

        override fun onParameterSets(data: ByteBuffer) = Unit

        override fun onPicture(data: ByteBuffer, timeUs: Long, isKey: Boolean) = synchronized(this) {
            pictures += 1
            // The first quarter after the command it may take to obey.
            if (pictures > count * (1 - LATE_PART)) lateBytes += data.remaining()
            if (pictures == count) isDone.countDown()
        }

        override fun onError(reason: String) = fail()
    }

    private companion object {
        const val LIMIT_MS = 3_000L

        /** The last quarter. */
        const val LATE_PART = 0.25
    }
}
