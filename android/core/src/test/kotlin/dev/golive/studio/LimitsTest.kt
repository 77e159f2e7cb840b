package dev.golive.studio

import dev.golive.Change
import dev.golive.Event
import dev.golive.Health
import dev.golive.Limit
import dev.golive.LiveBroadcast
import dev.golive.Summary
import dev.golive.codec.target
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.test.Test
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow

class LimitsTest {
    private val isMuting = CountDownLatch(1)
    private val mayGoOn = CountDownLatch(1)
    private val limits = Limits(target())
    private val broadcast = limits.over(SlowToMute())

    @Test
    fun `who mutes an encoder that is slow to hear of it keeps no heat and no call waiting`() {
        val muting = thread { broadcast.set(Change.Muted(true)) }
        isMuting.await()
        val limiting = thread {
            limits.set(Limit(50u, null, null, null))
            limits.stop()
        }
        limiting.join(TimeUnit.SECONDS.toMillis(10))
        val isLimited = !limiting.isAlive
        mayGoOn.countDown()
        muting.join()
        limiting.join()
        assertTrue(isLimited)
    }

    private inner class SlowToMute : LiveBroadcast {
        override val health: StateFlow<Health> get() = error("not looked at")
        override val events: Flow<Event> get() = error("not looked at")

        override suspend fun start() = Unit

        override suspend fun stop(): Summary = error("not stopped so")

        override fun cancel() = Unit

        override fun set(change: Change) {
            if (change !is Change.Muted) return
            isMuting.countDown()
            mayGoOn.await()
        }
    }
}
