package dev.golive.android

import android.app.Activity
import android.app.ActivityManager
import android.app.Application
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.media.AudioAttributes
import android.media.AudioDeviceCallback
import android.media.AudioDeviceInfo
import android.media.AudioFocusRequest
import android.media.AudioManager
import android.media.AudioRecordingConfiguration
import android.os.Bundle
import android.os.Handler
import android.os.HandlerThread
import android.os.PowerManager
import dev.golive.InterruptionInput
import dev.golive.codec.Interruptions
import dev.golive.phone.AudioFocus
import dev.golive.phone.FocusAnswer
import dev.golive.phone.FocusChange
import dev.golive.phone.PhoneSigns
import dev.golive.phone.SoundAround

/**
 * Tells [interruptions] what the phone says: heat, saved power, who has the sound, whether the recorder is
 * silenced or without a device, whether the app is seen. Begins when it is made and ends with [close]; in
 * between it holds the audio focus, so that others know that something is on air. What it tells, and so what
 * is done about it, comes from a thread of its own.
 *
 * @param holdsAudioFocus whether a loss of the audio focus counts as a call. An app that plays something itself
 *   takes the focus from itself by that: it says no here, and tells of calls by [Interruptions.began] and
 *   [Interruptions.ended].
 * @param microphoneSession the recorder's audio session, as [AudioRecordMicrophones.sessionId] has it.
 */
public class PhoneWatch(
    context: Context,
    private val interruptions: Interruptions,
    private val holdsAudioFocus: Boolean = true,
    private val microphoneSession: () -> Int? = { null },
) : AutoCloseable {
    private val application = context.applicationContext
    private val audio = context.service<AudioManager>()
    private val power = context.service<PowerManager>()
    private val thread = HandlerThread("golive-phone").apply { start() }
    private val handler = Handler(thread.looper)
    private val signs = PhoneSigns()
    private val focus = AudioFocus()
    private val lookForFocus = Runnable { considerFocus() }
    private val lookWhetherSeen: Runnable = Runnable { considerSeen() }
    private val heat = PowerManager.OnThermalStatusChangedListener { tell(signs.thermalStatus(it)) }
    private val recorders = Recorders()
    private val devices = Devices()
    private val activities = Activities()
    private val powerSave = object : BroadcastReceiver() {
        override fun onReceive(context: Context, intent: Intent) = tell(signs.powerSave(power.isPowerSaveMode))
    }
    private val focusRequest = AudioFocusRequest.Builder(AudioManager.AUDIOFOCUS_GAIN)
        .setAudioAttributes(
            AudioAttributes.Builder()
                .setUsage(AudioAttributes.USAGE_MEDIA)
                .setContentType(AudioAttributes.CONTENT_TYPE_SPEECH)
                .build(),
        )
        .setAcceptsDelayedFocusGain(true)
        .setOnAudioFocusChangeListener({ onFocus(it) }, handler)
        .build()

    init {
        handler.post { begin() }
    }

    /** Lets go of everything. Nothing is told any more. Calling it again does nothing. */
    override fun close() {
        handler.post { end() }
    }

    private fun begin() {
        tell(signs.begun(isSeen()))
        (application as? Application)?.registerActivityLifecycleCallbacks(activities)
        tell(signs.thermalStatus(power.currentThermalStatus))
        power.addThermalStatusListener(handler::post, heat)
        tell(signs.powerSave(power.isPowerSaveMode))
        val filter = IntentFilter(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED)
        application.registerReceiver(powerSave, filter, null, handler)
        audio.registerAudioRecordingCallback(recorders, handler)
        recorders.onRecordingConfigChanged(audio.activeRecordingConfigurations)
        // Tells of those that are there, too.
        audio.registerAudioDeviceCallback(devices, handler)
        if (holdsAudioFocus) askForFocus()
    }

    private fun end() {
        if (!thread.quitSafely()) return
        handler.removeCallbacks(lookForFocus)
        handler.removeCallbacks(lookWhetherSeen)
        (application as? Application)?.unregisterActivityLifecycleCallbacks(activities)
        power.removeThermalStatusListener(heat)
        application.unregisterReceiver(powerSave)
        audio.unregisterAudioRecordingCallback(recorders)
        audio.unregisterAudioDeviceCallback(devices)
        audio.abandonAudioFocusRequest(focusRequest)
    }

    private fun tell(news: InterruptionInput?) {
        news?.let(interruptions::handle)
    }

    private fun considerSeen() {
        tell(signs.looked(isSeen()))
        lookSoon()
    }

    private fun lookSoon() {
        handler.removeCallbacks(lookWhetherSeen)
        signs.lookInUs?.let { handler.postDelayed(lookWhetherSeen, it / 1_000) }
    }

    /** The process is in use by something that is seen, or as good as. */
    private fun isSeen(): Boolean {
        val state = ActivityManager.RunningAppProcessInfo()
        ActivityManager.getMyMemoryState(state)
        return state.importance <= ActivityManager.RunningAppProcessInfo.IMPORTANCE_VISIBLE &&
            state.importance != ActivityManager.RunningAppProcessInfo.IMPORTANCE_FOREGROUND_SERVICE
    }

    private fun askForFocus() {
        val answer = when (audio.requestAudioFocus(focusRequest)) {
            AudioManager.AUDIOFOCUS_REQUEST_GRANTED -> FocusAnswer.GRANTED
            AudioManager.AUDIOFOCUS_REQUEST_DELAYED -> FocusAnswer.DELAYED
            else -> FocusAnswer.REFUSED
        }
        tell(focus.answered(answer))
        lookAgain()
    }

    private fun onFocus(change: Int) {
        val meant = when (change) {
            AudioManager.AUDIOFOCUS_GAIN -> FocusChange.GAIN
            AudioManager.AUDIOFOCUS_LOSS -> FocusChange.LOSS
            AudioManager.AUDIOFOCUS_LOSS_TRANSIENT -> FocusChange.LOSS_FOR_A_MOMENT
            AudioManager.AUDIOFOCUS_LOSS_TRANSIENT_CAN_DUCK -> FocusChange.LOSS_MAY_DUCK
            else -> return
        }
        tell(focus.changed(meant))
        lookAgain()
    }

    private fun considerFocus() {
        val isOnThePhone = audio.mode != AudioManager.MODE_NORMAL
        val around = SoundAround(signs.isSeen, isOnThePhone, audio.isMusicActive)
        if (focus.isToBeAskedFor(SystemClocks.bootUs(), around)) askForFocus() else lookAgain()
    }

    private fun lookAgain() {
        handler.removeCallbacks(lookForFocus)
        focus.lookAgainInUs?.let { handler.postDelayed(lookForFocus, it / 1_000) }
    }

    private inner class Recorders : AudioManager.AudioRecordingCallback() {
        override fun onRecordingConfigChanged(configs: List<AudioRecordingConfiguration>) {
            val own = microphoneSession() ?: return
            tell(signs.silenced(configs.any { it.clientAudioSessionId == own && it.isClientSilenced }))
        }
    }

    private inner class Devices : AudioDeviceCallback() {
        override fun onAudioDevicesAdded(added: Array<AudioDeviceInfo>) = count()

        override fun onAudioDevicesRemoved(removed: Array<AudioDeviceInfo>) = count()

        private fun count() = tell(signs.inputDevices(audio.getDevices(AudioManager.GET_DEVICES_INPUTS).size))
    }

    /** Heard on the main thread, and told on this one's. */
    private inner class Activities : Application.ActivityLifecycleCallbacks {
        override fun onActivityStarted(activity: Activity) {
            val id = System.identityHashCode(activity)
            handler.post {
                tell(signs.activityStarted(id))
                lookSoon()
                considerFocus()
            }
        }

        override fun onActivityStopped(activity: Activity) {
            val id = System.identityHashCode(activity)
            val isMadeAnew = activity.isChangingConfigurations
            handler.post {
                signs.activityStopped(id, isMadeAnew)
                lookSoon()
            }
        }

        override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

        override fun onActivityResumed(activity: Activity) = Unit

        override fun onActivityPaused(activity: Activity) = Unit

        override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

        override fun onActivityDestroyed(activity: Activity) = Unit
    }
}
