package dev.golive.testing

import dev.golive.BroadcastConfig
import dev.golive.BroadcastState
import dev.golive.Change
import dev.golive.Ended
import dev.golive.ErrorKind
import dev.golive.EventKind
import dev.golive.GoliveException
import dev.golive.Heat
import dev.golive.InterruptionCause
import dev.golive.LiveBroadcast
import dev.golive.Network
import dev.golive.RehearsedIngest
import dev.golive.RehearsedNetwork
import dev.golive.ShownPicture
import dev.golive.ViewerSound
import dev.golive.destination
import dev.golive.iosInterruptions
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout

@OptIn(ExperimentalCoroutinesApi::class)
class RehearsalTest {
    @Test
    fun `a call at minute three and cellular at minute four`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.at(3.minutes) { call() }
        rehearsal.at(4.minutes) { handOver(RehearsedNetwork.Lte) }
        rehearsal.at(5.minutes) { callEnds() }
        assertEquals(BroadcastState.PREPARED, rehearsal.health.value.state)
        rehearsal.start()
        advanceTimeBy(3.minutes - rehearsal.elapsed)
        assertTrue(rehearsal.viewers.value.isLive, "${rehearsal.viewers.value}")
        advanceTimeBy(1.seconds)
        assertEquals(ShownPicture.LAST_FRAME, rehearsal.viewers.value.picture)
        assertEquals(1_000UL, rehearsal.viewers.value.pictureAgeMs, "time is exact")
        advanceTimeBy(4.seconds)
        val during = rehearsal.viewers.value
        assertEquals(ShownPicture.SLATE to ViewerSound.SILENCE, during.picture to during.sound)
        assertContains(rehearsal.told.first().sentence, "a call")
        assertEquals(180_000UL, rehearsal.told.first().atMs)
        advanceTimeBy(3.minutes)
        assertTrue(rehearsal.viewers.value.isLive, "${rehearsal.viewers.value}")
        assertEquals(1u, rehearsal.health.value.reconnections)
        assertEquals(ShownPicture.SLATE, rehearsal.viewerAt(4.minutes).picture)
        val summary = rehearsal.stop()
        assertEquals(Ended.STOPPED, summary.cause)
        assertEquals(summary, rehearsal.stop())
        assertEquals(BroadcastState.ENDED, rehearsal.health.value.state)
    }

    @Test
    fun `what an app makes of a broadcast is tested as if it were one`() = runTest {
        val rehearsal = Rehearsal(this)
        val screen = Screen(rehearsal)
        val watching = launch { screen.watch() }
        rehearsal.at(1.minutes) { ingestDies() }
        rehearsal.at(1.minutes + 20.seconds) { ingestReturns() }
        rehearsal.start()
        delay(30.seconds)
        assertEquals("on air", screen.banner)
        delay(40.seconds)
        assertEquals("connecting again", screen.banner)
        assertNotNull(rehearsal.viewers.value.frozenSinceMs)
        delay(20.seconds)
        assertEquals("on air", screen.banner)
        rehearsal.stop()
        watching.join()
        assertEquals("over", screen.banner)
    }

    @Test
    fun `a wrong key is the exception that a broadcast throws, at once`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.now { wrongKey() }
        val failure = assertFailsWith<GoliveException> { rehearsal.start() }
        assertEquals(ErrorKind.REFUSED, failure.kind)
        assertContains(failure.message, "key")
        assertTrue(rehearsal.elapsed < 1.seconds, "after ${rehearsal.elapsed}")
        val events = rehearsal.events.toList()
        assertEquals(EventKind.Ended(Ended.REFUSED), events.last().kind)
        assertEquals(ErrorKind.ENDED, assertFailsWith<GoliveException> { rehearsal.start() }.kind)
    }

    @Test
    fun `events begin with what happened before and end with the broadcast`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.start()
        val late = async { rehearsal.events.toList() }
        rehearsal.set(Change.VideoBitrate(1_000_000u))
        val changed = rehearsal.events.first { it.kind is EventKind.TargetChanged }
        assertContains(changed.sentence, "1")
        assertEquals(1_000_000UL, rehearsal.health.value.videoTargetBitsPerSecond)
        rehearsal.stop()
        val events = late.await()
        assertEquals(EventKind.Connecting(1u), events.first().kind)
        assertEquals(EventKind.Ended(Ended.STOPPED), events.last().kind)
        assertEquals(ErrorKind.ENDED, assertFailsWith<GoliveException> { rehearsal.set(Change.Keyframe) }.kind)
    }

    @Test
    fun `a hot phone does less`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.start()
        val before = rehearsal.health.value.videoTargetBitsPerSecond
        rehearsal.now { heat(Heat.SERIOUS) }
        assertEquals(before * 60u / 100u, rehearsal.health.value.videoTargetBitsPerSecond)
        assertEquals(InterruptionCause.HEAT, rehearsal.told.single().cause)
    }

    @Test
    fun `in the background of iOS viewers hear and do not see`() = runTest {
        val rehearsal = Rehearsal(this, rules = iosInterruptions())
        rehearsal.start()
        rehearsal.now { background() }
        delay(5.seconds)
        val viewer = rehearsal.viewers.value
        assertEquals(ShownPicture.NOTHING to ViewerSound.MICROPHONE, viewer.picture to viewer.sound)
    }

    @Test
    fun `a start that nobody waits for any more ends the broadcast`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.now { noNetwork() }
        assertFailsWith<TimeoutCancellationException> {
            withTimeout(2.seconds) { rehearsal.start() }
        }
        delay(1.seconds)
        assertEquals(BroadcastState.ENDED, rehearsal.health.value.state)
    }

    @Test
    fun `what makes no sense is refused when it is made`() = runTest {
        val listening = BroadcastConfig(destination("srt://0.0.0.0:9000?mode=listener"))
        val failure = assertFailsWith<GoliveException> { Rehearsal(this, listening) }
        assertEquals(ErrorKind.CONFIGURATION, failure.kind)
        val never = assertFailsWith<GoliveException> { Rehearsal(this).stop() }
        assertEquals(ErrorKind.ENDED, never.kind)
    }

    @Test
    fun `an hour on air takes seconds`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.at(20.minutes) { network(RehearsedNetwork.PoorCellular) }
        rehearsal.at(30.minutes) { handOver(RehearsedNetwork.Like(3_000_000u, 90u, 0.01, 400u)) }
        rehearsal.start()
        delay(1.hours)
        assertTrue(rehearsal.viewers.value.isLive, "${rehearsal.viewers.value}")
        rehearsal.stop()
    }

    @Test
    fun `the same seed makes the same broadcast again`() = runTest {
        suspend fun broadcast(seed: Long): List<String> {
            val rehearsal = Rehearsal(this, seed = seed)
            rehearsal.at(1.minutes) { network(RehearsedNetwork.PoorCellular) }
            rehearsal.at(3.minutes) { ingest(RehearsedIngest.DIES) }
            rehearsal.at(3.minutes + 500.milliseconds) { ingestReturns() }
            rehearsal.start()
            delay(5.minutes)
            rehearsal.stop()
            return rehearsal.events.toList().map { it.sentence }
        }
        val first = broadcast(7)
        assertEquals(first, broadcast(7))
        assertTrue(first != broadcast(8))
    }

    @Test
    fun `of two networks one goes, and the broadcast stays`() = runTest {
        val networks = listOf(Network("192.168.1.7"), Network("10.0.0.7"))
        val to = destination("srt://ingest.example:9000?latency=500")
        val rehearsal = Rehearsal(this, BroadcastConfig(to, networks = networks))
        rehearsal.at(1.minutes) { networkOf(0, RehearsedNetwork.None) }
        rehearsal.start()
        delay(65.seconds)
        rehearsal.set(Change.NetworkRemoved("192.168.1.7"))
        delay(5.seconds)
        assertTrue(rehearsal.viewers.value.isLive, "${rehearsal.viewers.value}")
        assertEquals(0u, rehearsal.health.value.reconnections)
        assertEquals(listOf(false, true), rehearsal.health.value.networks.map { it.isLive })
        val gone = EventKind.Network("192.168.1.7", usable = false)
        assertEquals(gone, rehearsal.events.first { it.kind == gone }.kind)
    }
}

/** A part of an app: what stands on the screen while a broadcast is on air. */
private class Screen(private val broadcast: LiveBroadcast) {
    var banner = ""
        private set

    suspend fun watch() {
        broadcast.events.collect { event ->
            when (event.kind) {
                is EventKind.Live, EventKind.Returned -> banner = "on air"
                is EventKind.Recovering -> banner = "connecting again"
                is EventKind.Ended -> banner = "over"
                else -> Unit
            }
        }
    }
}
