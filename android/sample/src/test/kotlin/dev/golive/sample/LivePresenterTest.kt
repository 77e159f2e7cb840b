package dev.golive.sample

import dev.golive.Change
import dev.golive.ErrorKind
import dev.golive.GoliveException
import dev.golive.LiveBroadcast
import dev.golive.RehearsedNetwork
import dev.golive.sample.LiveScreen.Phase
import dev.golive.testing.Rehearsal
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest

@OptIn(ExperimentalCoroutinesApi::class)
class LivePresenterTest {
    @Test
    fun `a call at minute three, cellular at minute four - what the person sees`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.at(3.minutes) { call() }
        rehearsal.at(3.minutes + 20.seconds) { callEnds() }
        rehearsal.at(4.minutes) { handOver(RehearsedNetwork.PoorCellular) }
        val presenter = presenterOf(rehearsal)
        assertEquals("Go live", presenter.screen.value.button)
        presenter.goLive { rehearsal }
        val lines = mutableSetOf<String>()
        backgroundScope.launch { presenter.screen.collect { lines += it.health } }

        until(rehearsal, 5.seconds)
        assertEquals(Phase.ON_AIR, presenter.screen.value.phase)
        assertEquals("Stop", presenter.screen.value.button)
        until(rehearsal, 2.minutes)
        val good = megabits(presenter.screen.value.health)
        assertTrue(good > 2, presenter.screen.value.health)

        until(rehearsal, 3.minutes + 3.seconds)
        assertContains(presenter.screen.value.sentence, "call")
        assertContains(presenter.screen.value.sentence, "microphone closed")
        until(rehearsal, 3.minutes + 30.seconds)
        assertContains(presenter.screen.value.sentence, "on air again")

        assertFalse(RECOVERING in lines, "a call is no matter of the network's")
        until(rehearsal, 5.minutes)
        assertContains(lines, RECOVERING)
        val poor = megabits(presenter.screen.value.health)
        assertTrue(poor < 1, "${presenter.screen.value.health}: cellular carries 700 kb/s")
        assertEquals(Phase.ON_AIR, presenter.screen.value.phase)

        presenter.stop()
        assertEquals(Phase.ENDING, presenter.screen.value.phase)
        advanceTimeBy(10.seconds)
        assertEquals(Phase.OFF_AIR, presenter.screen.value.phase)
        assertEquals("", presenter.screen.value.health)
        assertFalse(presenter.screen.value.sentence.isBlank(), "it says how it ended")
    }

    @Test
    fun `a wrong key is a sentence, and the button is there for another try`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.now { wrongKey() }
        val presenter = presenterOf(rehearsal)
        presenter.goLive { rehearsal }
        advanceTimeBy(30.seconds)
        assertEquals(Phase.OFF_AIR, presenter.screen.value.phase)
        assertContains(presenter.screen.value.sentence, "refused")
        val second = Rehearsal(this)
        presenter.goLive { second }
        until(second, 5.seconds)
        assertEquals(Phase.ON_AIR, presenter.screen.value.phase)
        presenter.stop()
        advanceTimeBy(10.seconds)
    }

    @Test
    fun `who does not want to wait for an ingest that does not answer is off air at once`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.now { noNetwork() }
        val presenter = presenterOf(rehearsal)
        presenter.goLive { rehearsal }
        until(rehearsal, 2.seconds)
        assertEquals(Phase.BEGINNING, presenter.screen.value.phase)
        presenter.stop()
        runCurrent()
        assertEquals(Phase.OFF_AIR, presenter.screen.value.phase)
    }

    @Test
    fun `a permission that is missing is told before anything begins`() = runTest {
        val presenter = LivePresenter(backgroundScope, EmptyCoroutineContext)
        presenter.goLive { throw GoliveException(ErrorKind.PERMISSION_DENIED, "the camera may not be used", null) }
        runCurrent()
        assertEquals(LiveScreen(sentence = "the camera may not be used"), presenter.screen.value)
    }

    @Test
    fun `who mutes before going live is not heard`() = runTest {
        val rehearsal = Rehearsal(this)
        val presenter = presenterOf(rehearsal)
        presenter.mute(true)
        presenter.goLive { rehearsal }
        until(rehearsal, 10.seconds)
        assertTrue(presenter.screen.value.isMuted)
        assertEquals(dev.golive.ViewerSound.SILENCE, rehearsal.viewers.value.sound)
        presenter.mute(false)
        until(rehearsal, 15.seconds)
        assertEquals(dev.golive.ViewerSound.MICROPHONE, rehearsal.viewers.value.sound)
        presenter.stop()
        advanceTimeBy(10.seconds)
    }

    @Test
    fun `a touch on mute waits for no encoder, and the last touch counts`() = runTest {
        val rehearsal = Rehearsal(this)
        val told = mutableListOf<Change>()
        val noted = object : LiveBroadcast by rehearsal {
            override fun set(change: Change) {
                told += change
                rehearsal.set(change)
            }
        }
        val presenter = presenterOf(rehearsal)
        presenter.goLive { noted }
        until(rehearsal, 5.seconds)
        presenter.mute(true)
        presenter.mute(false)
        presenter.mute(true)
        assertEquals(emptyList<Change>(), told, "the screen goes on")
        until(rehearsal, 6.seconds)
        assertEquals(Change.Muted(true), told.last())
        assertEquals(dev.golive.ViewerSound.SILENCE, rehearsal.viewers.value.sound)
        presenter.stop()
        advanceTimeBy(10.seconds)
    }

    /** As the activity does, it is told what an app is told of interruptions. */
    private fun TestScope.presenterOf(rehearsal: Rehearsal): LivePresenter {
        val presenter = LivePresenter(backgroundScope, EmptyCoroutineContext)
        backgroundScope.launch {
            var seen = 0
            while (true) {
                val told = rehearsal.told
                told.drop(seen).forEach { presenter.tell(it.sentence) }
                seen = told.size
                delay(200)
            }
        }
        return presenter
    }

    private fun TestScope.until(rehearsal: Rehearsal, moment: Duration) {
        runCurrent()
        advanceTimeBy(moment - rehearsal.elapsed)
    }

    private fun megabits(line: String): Double = Regex("""([\d.]+) Mb/s""").find(line)?.groupValues?.get(1)?.toDouble() ?: 0.0

    private companion object {
        const val RECOVERING = "the connection is lost: connecting again"
    }
}
