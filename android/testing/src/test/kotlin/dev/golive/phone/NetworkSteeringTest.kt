package dev.golive.phone

import dev.golive.BroadcastConfig
import dev.golive.BroadcastState
import dev.golive.NetworkHealth
import dev.golive.destination
import dev.golive.testing.Rehearsal
import dev.golive.testing.VirtualClocks
import java.net.InetAddress
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest

/** What a phone's system says of its networks, and what viewers and the bill notice of it. */
@OptIn(ExperimentalCoroutinesApi::class)
class NetworkSteeringTest {
    @Test
    fun `out of the house and back again, and viewers notice nothing`() = runTest {
        val walk = Walk(this)
        walk.until(1.minutes)
        assertTrue(walk.share(WIFI) > 0.9, "the mobile network costs money: ${walk.networks()}")
        walk.system { losing(it, WIFI.handle, inMs = 30_000) }
        walk.until(1.minutes + 10.seconds)
        assertTrue(walk.share(CELLULAR) > 0.9, "before the Wi-Fi is gone: ${walk.networks()}")
        walk.system { lost(it, WIFI.handle) }
        walk.until(2.minutes)

        // The same Wi-Fi with the same address, which is another network to the system.
        walk.system { seen(it, WIFI.copy(handle = 3)) }
        walk.until(3.minutes)
        assertTrue(walk.share(WIFI) > 0.9, "${walk.networks()}")
        assertEquals(0u, walk.rehearsal.health.value.reconnections)
        assertEquals(emptyList(), walk.frozen(), "the picture stood still")
    }

    @Test
    fun `a budget that is used up is not begun anew by another address`() = runTest {
        val walk = Walk(this, NetworkPolicy(meteredBudgetBytes = 8_000_000u))
        walk.until(30.seconds)
        walk.system { lost(it, WIFI.handle) }
        // 2.5 Mb/s and more use up 8 MB within half a minute.
        walk.until(1.minutes + 30.seconds)
        val spent = walk.networks().getValue(text(CELLULAR)).bytes
        assertTrue(spent >= 8_000_000UL, "$spent bytes")
        walk.system { seen(it, CELLULAR.copy(addresses = listOf(InetAddress.getByName("10.20.0.99")))) }
        walk.until(2.minutes)
        assertEquals(null, walk.networks()["10.20.0.99"], "nothing is left of it")
        assertTrue(walk.rehearsal.health.value.state != BroadcastState.ENDED)
    }

    /** A phone with Wi-Fi and a mobile network, on air. */
    private class Walk(private val scope: TestScope, policy: NetworkPolicy = NetworkPolicy()) {
        private val clocks = VirtualClocks(scope.testScheduler)
        private val plan = NetworkPlan(policy)
        private val steering = NetworkSteering(plan)
        private val stills = mutableListOf<Duration>()
        private var look: Job? = null
        val rehearsal: Rehearsal

        init {
            plan.seen(clocks.bootUs(), WIFI)
            plan.seen(clocks.bootUs(), CELLULAR)
            val networks = plan.begin(clocks.bootUs())
            rehearsal = Rehearsal(scope, BroadcastConfig(destination("srt://ingest.example:9000?latency=250"), networks = networks))
            steering.follow(rehearsal)
            steer()
            scope.backgroundScope.launch { rehearsal.start() }
            scope.backgroundScope.launch {
                rehearsal.viewers.collect { if (it.frozenSinceMs != null) stills += rehearsal.elapsed }
            }
        }

        /** The system says something of a network. */
        fun system(says: NetworkPlan.(nowUs: Long) -> Unit) {
            plan.says(clocks.bootUs())
            steer()
        }

        fun until(moment: Duration) {
            scope.runCurrent()
            scope.advanceTimeBy(moment - rehearsal.elapsed)
        }

        fun networks(): Map<String, NetworkHealth> = rehearsal.health.value.networks.associateBy { it.address }

        fun share(network: PhoneNetwork): Double = networks()[text(network)]?.share ?: 0.0

        fun frozen(): List<Duration> = stills

        private fun steer() {
            look?.cancel()
            val again = steering.steer(clocks.bootUs()) ?: return
            look = scope.backgroundScope.launch {
                delay(again.microseconds)
                steer()
            }
        }
    }

    private companion object {
        val WIFI = PhoneNetwork(handle = 1, NetworkKind.WIFI, listOf(InetAddress.getByName("192.168.1.7")))
        val CELLULAR = PhoneNetwork(handle = 2, NetworkKind.CELLULAR, listOf(InetAddress.getByName("10.20.0.3")))

        fun text(network: PhoneNetwork): String = network.addresses.single().hostAddress
    }
}
