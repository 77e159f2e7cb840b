package dev.golive.android

import android.content.Context
import android.media.MediaCodecInfo
import android.opengl.GLES20
import android.os.Build
import dev.golive.VideoCodec
import dev.golive.codec.Codec
import dev.golive.codec.CodecAbility
import dev.golive.codec.CodecChoice
import dev.golive.codec.CodecFormat
import dev.golive.codec.CodecTrial
import dev.golive.codec.TrialPictures
import dev.golive.codec.TrialResult
import dev.golive.codec.TrialStore
import dev.golive.codec.chooseCodec

/**
 * Chooses between H.264 and H.265 by what this device says and a trial sees ([chooseCodec]). The first time for
 * a format it takes up to three seconds; the result is kept until the system changes. To be called on a thread
 * that may wait, while no camera and no other encoder is at work.
 *
 * @param format what is to be made; its codec is of no importance.
 * @param mayUseH265 whether whoever receives the broadcast takes it.
 */
public fun chooseCodec(context: Context, format: CodecFormat, mayUseH265: Boolean): CodecChoice {
    val abilities = VideoCodec.entries.flatMap { codec -> encoders(codec).map { it.ability(codec, format) } }
    val trial = CodecTrial(::DrawnPictures, SystemClocks, TrialPreferences(context))
    return chooseCodec(abilities, format.framesPerSecond, mayUseH265) { ability ->
        val tried = format.copy(codec = ability.codec)
        trial.result(ability.name, MediaCodecVideo.factory(ability.codec, ability.name), tried)
    }
}

private fun MediaCodecInfo.ability(codec: VideoCodec, format: CodecFormat): CodecAbility {
    val video = getCapabilitiesForType(codec.mime).videoCapabilities
    val wanted = MediaCodecInfo.VideoCapabilities.PerformancePoint(
        format.widthPixels,
        format.heightPixels,
        format.framesPerSecond,
    )
    return CodecAbility(
        name = name,
        codec = codec,
        isHardware = isHardwareAccelerated,
        takesFormat = video != null &&
            video.areSizeAndRateSupported(format.widthPixels, format.heightPixels, format.framesPerSecond.toDouble()),
        takesBitrate = video != null && format.bitsPerSecond in video.bitrateRange,
        isCovered = video?.supportedPerformancePoints?.takeIf { it.isNotEmpty() }?.any { it.covers(wanted) },
    )
}

/** Squares of changing colours, which no encoder finds easy. */
private class DrawnPictures(codec: Codec, private val format: CodecFormat) : TrialPictures {
    private val egl = Egl()
    private val surface = try {
        egl.surface(checkNotNull((codec as? SurfaceCodec)?.inputSurface) { "${codec.name} has no surface" })
    } catch (failure: Exception) {
        egl.close()
        throw failure
    }

    override fun draw(number: Int, timeUs: Long) {
        egl.use(surface)
        GLES20.glEnable(GLES20.GL_SCISSOR_TEST)
        val side = maxOf(1, format.widthPixels / COLUMNS)
        for (row in 0..format.heightPixels / side) {
            for (column in 0..COLUMNS) {
                val mixed = (row * 31 + column * 17 + number * 7) * 0x9E3779B1.toInt()
                GLES20.glScissor(column * side, row * side, side, side)
                GLES20.glClearColor((mixed ushr 24) / 255f, (mixed ushr 16 and 0xff) / 255f, (mixed ushr 8 and 0xff) / 255f, 1f)
                GLES20.glClear(GLES20.GL_COLOR_BUFFER_BIT)
            }
        }
        GLES20.glDisable(GLES20.GL_SCISSOR_TEST)
        egl.handOver(surface, timeUs * 1_000)
    }

    override fun close() {
        egl.release(surface)
        egl.close()
    }

    private companion object {
        const val COLUMNS = 16
    }
}

/** Kept for this version of the system: another one may bring other encoders. */
private class TrialPreferences(context: Context) : TrialStore {
    private val preferences = context.getSharedPreferences("dev.golive.trials", Context.MODE_PRIVATE)

    override fun read(key: String): TrialResult? {
        val parts = preferences.getString("${Build.FINGERPRINT} $key", null)?.split(' ')?.mapNotNull { it.toDoubleOrNull() }
        return if (parts?.size == 2) TrialResult(parts[0], parts[1]) else null
    }

    override fun write(key: String, result: TrialResult): Unit =
        preferences.edit().putString("${Build.FINGERPRINT} $key", "${result.framesPerSecond} ${result.bitrateShare}").apply()
}
