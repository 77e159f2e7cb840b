package dev.golive.codec

import dev.golive.Picture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ScheduledExecutorService
import java.util.concurrent.ScheduledFuture
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/**
 * Stands in for MediaCodec behind a surface: for each picture that is drawn it delivers the next one of a
 * film, from a thread of its own. It makes no more of a bitrate than to note it.
 *
 * @param blocksAfter so many pictures later it delivers nothing any more, and keeps who draws waiting, as a
 *   surface does whose buffers nobody takes.
 */
internal class DrawnCodec(private val film: List<Picture>, private val blocksAfter: Int) : Codec {
    override val name: String = "c2.drawn.avc"
    private val drawn = LinkedBlockingQueue<Long>()
    private val released = CountDownLatch(1)
    @Volatile private var wantsKey = true
    @Volatile private var player: Thread? = null
    private var count = 0

    override fun start(format: CodecFormat, listener: Codec.Listener) {
        val (parameterSets, key) = splitKeyFrame(film.first().data)
        player = thread(name = "drawn codec") {
            listener.onParameterSets(parameterSets)
            var number = 0
            try {
                while (true) {
                    val timeUs = drawn.take()
                    if (wantsKey || number == film.size) number = 0
                    wantsKey = false
                    val data = if (number == 0) key else film[number].data
                    listener.onPicture(data.duplicate(), timeUs, film[number].isKey)
                    number += 1
                }
            } catch (_: InterruptedException) {
                // Released.
            }
        }
    }

    /** A picture comes through its surface. */
    fun draw(timeUs: Long) {
        count += 1
        if (count > blocksAfter) released.await() else drawn.put(timeUs)
    }

    override fun setBitrate(bitsPerSecond: Int) = Unit

    override fun requestSyncFrame() {
        wantsKey = true
    }

    override fun release() {
        released.countDown()
        player?.interrupt()
    }
}

/** The clocks of this machine. */
internal val linuxClocks = object : Clocks {
    // What the kernel counts since it started, sleep included.
    override fun bootUs(): Long =
        java.io.File("/proc/uptime").readText().substringBefore(' ').toBigDecimal().movePointRight(6).toLong()

    override fun monotonicUs(): Long = System.nanoTime() / 1_000
}

/** Rings on [executor]. */
internal class SystemAlarm(private val executor: ScheduledExecutorService, private val clocks: Clocks) : Alarm {
    private var pending: ScheduledFuture<*>? = null

    override fun set(atUs: Long, action: () -> Unit): Unit = synchronized(this) {
        pending?.cancel(false)
        pending = executor.schedule(action, maxOf(0, atUs - clocks.bootUs()), TimeUnit.MICROSECONDS)
    }

    override fun cancel(): Unit = synchronized(this) {
        pending?.cancel(false)
        pending = null
    }
}
