package dev.golive.codec

/** What has to be done differently with a codec. */
public enum class Remedy {
    /** Its bitrate changes only when it is made anew. */
    RESTART_FOR_BITRATE,

    /** It makes a key frame on demand only when it is made anew. */
    RESTART_FOR_KEYFRAME,

    /** Width and height have to be multiples of 16. */
    ALIGN_TO_16,

    /** It takes the frame rate that it is told for a promise: it is told the one that comes. */
    TELL_REAL_FRAME_RATE,
}

/**
 * A codec that misbehaves, by a part of its name and of the device's model, and what helps. An app
 * adds what it has met itself.
 */
public data class Quirk(val codec: String, val model: String = "", val remedies: Set<Remedy>)

/** What is known of codecs. The first entry that fits counts, an app's own before these. */
public class Quirks(own: List<Quirk> = emptyList()) {
    private val entries = own + KNOWN

    /** What has to be done differently with this codec on this device. */
    public fun of(codec: String, model: String): Set<Remedy> =
        entries.firstOrNull { it.fits(codec, model) }?.remedies ?: emptySet()

    private fun Quirk.fits(name: String, device: String): Boolean =
        name.contains(codec, ignoreCase = true) && device.contains(model, ignoreCase = true)

    private companion object {
        // The emulator's and AOSP's software encoder copes with any size; older hardware of these
        // families shears pictures whose size is no multiple of a macroblock.
        val KNOWN = listOf(
            Quirk("omx.mtk", remedies = setOf(Remedy.ALIGN_TO_16)),
            Quirk("omx.exynos", remedies = setOf(Remedy.ALIGN_TO_16)),
        )
    }
}
