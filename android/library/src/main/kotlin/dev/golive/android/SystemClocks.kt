package dev.golive.android

import android.os.SystemClock
import dev.golive.codec.Clocks

/** The device's clocks. */
public object SystemClocks : Clocks {
    override fun bootUs(): Long = SystemClock.elapsedRealtimeNanos() / 1_000

    override fun monotonicUs(): Long = System.nanoTime() / 1_000
}
