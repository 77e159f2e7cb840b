package dev.golive.android

import android.os.Handler
import dev.golive.codec.Alarm

/**
 * Rings on a handler's thread. While the device sleeps it does not: a broadcast keeps it awake, by the
 * foreground service and what that carries.
 */
public class HandlerAlarm(private val handler: Handler) : Alarm {
    private var pending: Runnable? = null

    override fun set(atUs: Long, action: () -> Unit): Unit = synchronized(this) {
        pending?.let(handler::removeCallbacks)
        val next = Runnable(action)
        pending = next
        // Never a millisecond early: who is told too soon comes back at once.
        val waitMs = (atUs - SystemClocks.bootUs() + 999) / 1_000
        handler.postDelayed(next, maxOf(0, waitMs))
    }

    override fun cancel(): Unit = synchronized(this) {
        pending?.let(handler::removeCallbacks)
        pending = null
    }
}
