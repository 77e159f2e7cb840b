package shown

import dev.golive.*
import dev.golive.testing.Rehearsal
import kotlin.test.*
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.*
import kotlinx.coroutines.test.*

/** A part of the app: the line over the picture. It takes any broadcast. */
class LiveScreen(private val broadcast: LiveBroadcast) {
    var line = "off air"

    suspend fun watch() = broadcast.events.collect { event ->
        when (event.kind) {
            is EventKind.Live -> line = "on air"
            is EventKind.Recovering -> line = "one moment"
            is EventKind.Ended -> line = "off air"
            else -> Unit
        }
    }
}

class LiveScreenTest {
    @Test
    fun `a call at minute three, and cellular after a gap at minute four`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.at(3.minutes) { call() }
        rehearsal.at(4.minutes) { noNetwork() }
        rehearsal.at(4.minutes + 10.seconds) { handOver(RehearsedNetwork.Lte) }
        rehearsal.at(5.minutes) { callEnds() }
        val screen = LiveScreen(rehearsal)
        backgroundScope.launch { screen.watch() }

        rehearsal.start()
        delay(3.minutes + 5.seconds)
        assertEquals(ShownPicture.SLATE, rehearsal.viewers.value.picture)
        assertEquals(ViewerSound.SILENCE, rehearsal.viewers.value.sound)
        delay(1.minutes)
        assertEquals("one moment", screen.line)
        delay(2.minutes)
        assertEquals("on air", screen.line)
        assertTrue(rehearsal.viewers.value.isLive)
    }

    @Test
    fun `a wrong key is told as one`() = runTest {
        val rehearsal = Rehearsal(this)
        rehearsal.now { wrongKey() }
        val failure = assertFailsWith<GoliveException> { rehearsal.start() }
        assertEquals(ErrorKind.REFUSED, failure.kind)
    }
}
