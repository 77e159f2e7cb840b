package dev.golive.studio

import dev.golive.Change
import dev.golive.EncoderTarget
import dev.golive.GoliveException
import dev.golive.Limit
import dev.golive.LiveBroadcast
import dev.golive.limitedTarget

/**
 * Holds what the app asks for apart from what may be made of it, and tells the broadcast what both come to:
 * its rate control then counts with it, instead of taking the encoder for one that does not obey.
 */
internal class Limits(private var asked: EncoderTarget) {
    private var limit: Limit? = null
    private var told = asked
    private var broadcast: LiveBroadcast? = null
    private var isStopped = false

    /** No more than this from now on. */
    fun set(limit: Limit?): Unit = synchronized(this) {
        this.limit = limit
        tellAgain()
    }

    /** The broadcast ends; if it is not there yet, as soon as it is. */
    fun stop(): Unit = synchronized(this) {
        isStopped = true
        broadcast?.cancel()
    }

    /** What an app tells this broadcast by what is returned goes through here. */
    fun over(broadcast: LiveBroadcast): LiveBroadcast {
        synchronized(this) {
            this.broadcast = broadcast
            if (isStopped) broadcast.cancel() else tellAgain()
        }
        return object : LiveBroadcast by broadcast {
            override fun set(change: Change) = when (change) {
                is Change.VideoBitrate -> ask(broadcast) { it.copy(videoBitsPerSecond = change.bitsPerSecond) }
                is Change.AudioBitrate -> ask(broadcast) { it.copy(audioBitsPerSecond = change.bitsPerSecond) }
                is Change.FrameRate -> ask(broadcast) { it.copy(framesPerSecond = change.framesPerSecond) }
                is Change.Size ->
                    ask(broadcast) { it.copy(widthPixels = change.widthPixels, heightPixels = change.heightPixels) }
                // Without the lock: being muted waits for the encoder, and a limit waits for nobody.
                else -> broadcast.set(change)
            }
        }
    }

    private fun ask(broadcast: LiveBroadcast, change: (EncoderTarget) -> EncoderTarget): Unit = synchronized(this) {
        val wanted = change(asked)
        // What makes no sense is refused before it counts as asked for.
        tell(broadcast, wanted)
        asked = wanted
    }

    private fun tellAgain() {
        try {
            tell(broadcast ?: return, asked)
        } catch (_: GoliveException) {
            // It is over.
        }
    }

    private fun tell(broadcast: LiveBroadcast, wanted: EncoderTarget) {
        val allowed = limitedTarget(limit, wanted)
        if (allowed.videoBitsPerSecond != told.videoBitsPerSecond) {
            broadcast.set(Change.VideoBitrate(allowed.videoBitsPerSecond))
        }
        if (allowed.audioBitsPerSecond != told.audioBitsPerSecond) {
            broadcast.set(Change.AudioBitrate(allowed.audioBitsPerSecond))
        }
        if (allowed.framesPerSecond != told.framesPerSecond) {
            broadcast.set(Change.FrameRate(allowed.framesPerSecond))
        }
        if (allowed.widthPixels != told.widthPixels || allowed.heightPixels != told.heightPixels) {
            broadcast.set(Change.Size(allowed.widthPixels, allowed.heightPixels))
        }
        told = allowed
    }
}
