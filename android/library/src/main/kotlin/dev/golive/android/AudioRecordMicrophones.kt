package dev.golive.android

import android.annotation.SuppressLint
import android.content.Context
import android.media.AudioFormat
import android.media.AudioRecord
import android.media.AudioTimestamp
import android.media.MediaRecorder
import android.media.audiofx.AcousticEchoCanceler
import android.media.audiofx.AudioEffect
import android.media.audiofx.AutomaticGainControl
import android.media.audiofx.NoiseSuppressor
import dev.golive.ErrorKind
import dev.golive.GoliveException
import dev.golive.codec.Microphone
import dev.golive.codec.MicrophoneFactory
import dev.golive.phone.MicrophoneOptions
import dev.golive.phone.MicrophoneUse
import dev.golive.phone.RecordingClock

/** The phone's microphone by AudioRecord. */
public class AudioRecordMicrophones(
    private val context: Context,
    private val options: MicrophoneOptions = MicrophoneOptions(),
) : MicrophoneFactory {
    /** Of the recorder that was opened last, for whoever watches whether it is silenced ([PhoneWatch]). */
    @Volatile
    public var sessionId: Int? = null
        private set

    /** @throws GoliveException with kind `PERMISSION_DENIED` or `DEVICE_UNAVAILABLE`. */
    override fun open(sampleRateHz: Int, channels: Int): Microphone {
        Permissions.require(context, camera = false, microphone = true)
        val record = try {
            record(sampleRateHz, channels)
        } catch (failure: RuntimeException) {
            throw unavailable("cannot record $channels channels at $sampleRateHz Hz", failure)
        }
        try {
            if (record.state != AudioRecord.STATE_INITIALIZED) throw unavailable("could not be opened")
            // Whoever hears of its beginning knows then that it is this one.
            sessionId = record.audioSessionId
            record.startRecording()
            // It stays silent about who has it.
            if (record.recordingState != AudioRecord.RECORDSTATE_RECORDING) throw unavailable("is in use by another app")
            return AudioRecordMicrophone(record, effects(record.audioSessionId))
        } catch (failure: Exception) {
            record.release()
            throw failure as? GoliveException ?: unavailable("could not be opened", failure)
        }
    }

    @SuppressLint("MissingPermission") // It is required above.
    private fun record(sampleRateHz: Int, channels: Int): AudioRecord {
        val mask = if (channels == 1) AudioFormat.CHANNEL_IN_MONO else AudioFormat.CHANNEL_IN_STEREO
        val encoding = AudioFormat.ENCODING_PCM_16BIT
        val least = AudioRecord.getMinBufferSize(sampleRateHz, mask, encoding)
        val format = AudioFormat.Builder().setSampleRate(sampleRateHz).setChannelMask(mask).setEncoding(encoding).build()
        return AudioRecord.Builder()
            .setAudioSource(options.use.source)
            .setAudioFormat(format)
            // Half a second: an encoder that is made anew takes its time, and nothing may be lost meanwhile.
            .setBufferSizeInBytes(maxOf(least, sampleRateHz * channels))
            .build()
    }

    private fun effects(session: Int): List<AudioEffect> =
        listOfNotNull(
            if (options.cancelsEcho && AcousticEchoCanceler.isAvailable()) AcousticEchoCanceler.create(session) else null,
            if (options.suppressesNoise && NoiseSuppressor.isAvailable()) NoiseSuppressor.create(session) else null,
            if (options.levelsGain && AutomaticGainControl.isAvailable()) AutomaticGainControl.create(session) else null,
        ).onEach { it.enabled = true }
}

private class AudioRecordMicrophone(private val record: AudioRecord, private val effects: List<AudioEffect>) : Microphone {
    private val clock = RecordingClock(record.sampleRate)
    private val channels = record.channelCount
    private val timestamp = AudioTimestamp()
    private var isClosed = false

    override fun read(into: ShortArray): Long {
        var filled = 0
        while (filled < into.size) {
            val got = record.read(into, filled, into.size - filled, AudioRecord.READ_BLOCKING)
            if (got <= 0) throw ended(got)
            filled += got
        }
        val status = record.getTimestamp(timestamp, AudioTimestamp.TIMEBASE_MONOTONIC)
        val mark = if (status == AudioRecord.SUCCESS) {
            RecordingClock.Mark(timestamp.framePosition, timestamp.nanoTime / 1_000)
        } else {
            null
        }
        return clock.recorded(into.size / channels, SystemClocks.monotonicUs(), mark)
    }

    override fun close() {
        synchronized(this) {
            if (isClosed) return
            isClosed = true
        }
        effects.forEach { it.release() }
        try {
            // A read that waits ends by this.
            record.stop()
        } catch (_: IllegalStateException) {
            // It is gone already.
        }
        record.release()
    }

    private fun ended(code: Int): GoliveException =
        when {
            synchronized(this) { isClosed } -> unavailable("was closed")
            code == AudioRecord.ERROR_DEAD_OBJECT -> unavailable("is gone: the system's sound was restarted")
            else -> unavailable("delivers nothing any more (code $code)")
        }
}

private val MicrophoneUse.source: Int
    get() = when (this) {
        MicrophoneUse.CAMCORDER -> MediaRecorder.AudioSource.CAMCORDER
        MicrophoneUse.VOICE_COMMUNICATION -> MediaRecorder.AudioSource.VOICE_COMMUNICATION
    }

private fun unavailable(what: String, cause: Exception? = null): GoliveException =
    GoliveException(ErrorKind.DEVICE_UNAVAILABLE, "the microphone $what", cause?.message, cause)
