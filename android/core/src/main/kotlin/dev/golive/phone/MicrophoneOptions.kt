package dev.golive.phone

/** How a phone's microphone is used. */
public data class MicrophoneOptions(
    val use: MicrophoneUse = MicrophoneUse.CAMCORDER,
    /** Takes out what the phone's own loudspeaker plays, where the phone can. */
    val cancelsEcho: Boolean = false,
    /** Takes out steady noise, where the phone can. */
    val suppressesNoise: Boolean = false,
    /** Makes quiet sound louder and loud sound quieter, where the phone can. */
    val levelsGain: Boolean = false,
)

/** What the phone tunes its microphones for. */
public enum class MicrophoneUse {
    /** What the camera looks at, little processed. */
    CAMCORDER,

    /** A voice close to the phone, processed as for a call: where guests are heard at the same time. */
    VOICE_COMMUNICATION,
}
