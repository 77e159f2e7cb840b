package dev.golive.android

import android.app.Notification
import dev.golive.InterruptionRules
import dev.golive.androidInterruptions
import dev.golive.camera.Facing
import dev.golive.camera.OrientationRules
import dev.golive.codec.Quirks
import dev.golive.phone.MicrophoneOptions
import dev.golive.phone.NetworkPolicy

/**
 * How a [Studio] works.
 *
 * @param facing which way the camera looks at first.
 * @param orientation how the picture lies, and whether it is mirrored.
 * @param interruptions what is done during a call, in the background, without a camera, when it is hot.
 * @param slate what viewers see when there is no camera to show.
 * @param quirks what is known of codecs that misbehave; an app adds what it has met.
 * @param mayUseH265 whether the ingest and whoever watches can do with H.265: it is used then where the phone is good
 *   at it, which [chooseCodec] finds out, and H.264 otherwise. The first time for a size and rate
 *   that takes up to three seconds, and the phone should have nothing else to do.
 * @param hasSound whether the microphone is used at all.
 * @param microphone how it is used.
 * @param sampleRateHz of the sound; 48,000 is what every phone has.
 * @param channels of the sound: 1, or 2 where the phone has two microphones for that.
 * @param notification keeps camera and microphone when the person leaves the app: with it [LiveService] stands
 *   while a broadcast lasts, which has to be begun on the main thread then, while an activity is visible. An app
 *   that starts the service by itself says nothing here.
 * @param holdsAudioFocus whether the audio focus is held on air, and its loss counts as a call. An app that plays
 *   something itself takes the focus from itself by that: it says no here, and tells of calls by
 *   [StudioBroadcast.began] and [StudioBroadcast.ended].
 * @param networks which of the phone's networks are used, several at once among them, and what the mobile one may
 *   cost. The ingest has to take srtla then (docs/bonding.md). The system's choice, if nothing is said.
 */
public class StudioOptions(
    internal val facing: Facing = Facing.FRONT,
    internal val orientation: OrientationRules = OrientationRules(),
    internal val interruptions: InterruptionRules = androidInterruptions(),
    internal val slate: Slate = Slate(),
    internal val quirks: Quirks = Quirks(),
    internal val mayUseH265: Boolean = false,
    internal val hasSound: Boolean = true,
    internal val microphone: MicrophoneOptions = MicrophoneOptions(),
    internal val sampleRateHz: Int = 48_000,
    internal val channels: Int = 1,
    internal val notification: Notification? = null,
    internal val networks: NetworkPolicy? = null,
    internal val holdsAudioFocus: Boolean = true,
)
