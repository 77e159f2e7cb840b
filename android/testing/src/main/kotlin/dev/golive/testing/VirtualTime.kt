package dev.golive.testing

import dev.golive.codec.Alarm
import dev.golive.codec.Clocks
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestCoroutineScheduler
import kotlinx.coroutines.test.TestScope

/**
 * A phone's clocks in the virtual time of a test.
 *
 * @param slept how long the phone has slept: the clock that goes on during sleep is so far ahead.
 */
public class VirtualClocks(
    private val scheduler: TestCoroutineScheduler,
    private val slept: Duration = 7.seconds,
) : Clocks {
    override fun bootUs(): Long = monotonicUs() + slept.inWholeMicroseconds

    override fun monotonicUs(): Long = scheduler.currentTime * 1_000
}

/** An alarm in the virtual time of a test: what it calls, it calls on the test's own thread. */
public class VirtualAlarm(private val scope: TestScope, private val clocks: Clocks) : Alarm {
    private var waiting: Job? = null

    override fun set(atUs: Long, action: () -> Unit) {
        waiting?.cancel()
        // Virtual time has whole milliseconds: an alarm is late rather than early.
        val until = ((atUs - clocks.bootUs()).coerceAtLeast(0) + 999) / 1_000 * 1_000
        waiting = scope.backgroundScope.launch {
            delay(until.microseconds)
            waiting = null
            action()
        }
    }

    override fun cancel() {
        waiting?.cancel()
        waiting = null
    }
}
