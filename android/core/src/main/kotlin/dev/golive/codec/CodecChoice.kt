package dev.golive.codec

import dev.golive.VideoCodec

/** What a device says of one of its encoders, with a format in mind. */
public data class CodecAbility(
    val name: String,
    val codec: VideoCodec,
    /** Whether it is hardware, as software eats what a phone has of battery and coolness. */
    val isHardware: Boolean,
    /** Whether it takes the size at the rate. */
    val takesFormat: Boolean,
    /** Whether it takes the bitrate. */
    val takesBitrate: Boolean,
    /** Whether the performance that its maker published covers the format; null, if none was published. */
    val isCovered: Boolean?,
)

/** What a trial saw. */
public data class TrialResult(
    /** How many pictures a second it made when they came as fast as it took them. */
    val framesPerSecond: Double,
    /** What it made in proportion to the bitrate that it was told meanwhile; 1 is obedience. */
    val bitrateShare: Double,
)

/** An encoder, and in a sentence why this one. */
public data class CodecChoice(val codec: VideoCodec, val name: String?, val reason: String)

/**
 * Chooses between H.264 and H.265: the latter where hardware was seen to make it fast enough and to keep to
 * its bitrate, or at least its maker vouches for the speed; H.264 whenever there is a doubt.
 *
 * @param abilities the device's encoders, its own order.
 * @param mayUseH265 whether whoever receives the broadcast takes it.
 * @param trial what a trial of that encoder saw; null if there was none, or it failed.
 */
public fun chooseCodec(
    abilities: List<CodecAbility>,
    framesPerSecond: Int,
    mayUseH265: Boolean,
    trial: (CodecAbility) -> TrialResult? = { null },
): CodecChoice {
    val h264 = abilities.filter { it.codec == VideoCodec.H264 }
    val usual = h264.firstOrNull { it.isHardware && it.takesFormat } ?: h264.firstOrNull { it.isHardware } ?: h264.firstOrNull()
    fun usual(reason: String) = CodecChoice(VideoCodec.H264, usual?.name, reason)
    if (!mayUseH265) return usual("H.265 was not asked for")
    val h265 = abilities.firstOrNull { it.codec == VideoCodec.H265 && it.isHardware }
        ?: return usual("this device has no hardware for H.265")
    if (!h265.takesFormat || !h265.takesBitrate) return usual("${h265.name} does not take this size, rate or bitrate")
    if (h265.isCovered == false) return usual("${h265.name} is not said to be fast enough for this")
    val seen = trial(h265)
    return when {
        seen == null && h265.isCovered == true ->
            CodecChoice(VideoCodec.H265, h265.name, "its maker says that ${h265.name} is fast enough")
        seen == null -> usual("nobody knows how fast ${h265.name} is")
        seen.framesPerSecond < framesPerSecond * HEADROOM ->
            usual("${h265.name} made ${seen.framesPerSecond.toInt()} pictures a second in a trial: too few for $framesPerSecond")
        seen.bitrateShare !in OBEDIENT ->
            usual("${h265.name} made ${(seen.bitrateShare * 100).toInt()} % of the bitrate that it was told in a trial")
        else -> CodecChoice(VideoCodec.H265, h265.name, "${h265.name} was fast and obedient in a trial")
    }
}

/** A phone that is warm, and films meanwhile, has half of its speed left. */
private const val HEADROOM = 2.0
private val OBEDIENT = 0.4..1.3
