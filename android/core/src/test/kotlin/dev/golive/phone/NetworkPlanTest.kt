package dev.golive.phone

import dev.golive.Change
import java.net.InetAddress
import kotlin.test.Test
import kotlin.test.assertEquals

class NetworkPlanTest {
    @Test
    fun `Wi-Fi and the mobile network carry together, and what costs money has its budget`() {
        val phone = Phone(NetworkPolicy(meteredBudgetBytes = 300u))
        assertEquals(false to false, phone.hasAnyAndAll())
        phone.joins(WIFI)
        assertEquals(true to false, phone.hasAnyAndAll(), "the mobile one is worth a moment")
        phone.joins(CELLULAR)
        assertEquals(true to true, phone.hasAnyAndAll())
        assertEquals(listOf("192.168.1.7", "10.20.0.3 for 300 bytes"), phone.begins())
        assertEquals(emptyList(), phone.news(), "what it began with is not told again")
        phone.joins(CELLULAR.copy(handle = 101, addresses = addresses("10.20.0.4")))
        assertEquals(listOf(101uL), phone.handles(), "Android finds the way by the handle")
    }

    @Test
    fun `a mobile network is spared, and is not given up after some bytes, unless that was said`() {
        val phone = Phone(NetworkPolicy())
        phone.joins(CELLULAR)
        assertEquals("10.20.0.3 for ${Long.MAX_VALUE} bytes", phone.begins().single())
        phone.carries("10.20.0.3", bytes = 900_000_000_000u)
        phone.sees(CELLULAR.copy(addresses = addresses("10.20.0.4")))
        assertEquals(listOf("removed 10.20.0.3", "added 10.20.0.4 for ${Long.MAX_VALUE} bytes"), phone.news())
    }

    @Test
    fun `a walk out of the house - Wi-Fi leaves before it is gone, and the broadcast goes on`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.joins(CELLULAR)
        phone.begins()
        phone.isAboutToDrop(WIFI, inMs = 30_000)
        assertEquals(listOf("leaving 192.168.1.7"), phone.news())
        phone.loses(WIFI)
        assertEquals(listOf("removed 192.168.1.7"), phone.news())
    }

    @Test
    fun `the only network does not leave before there is another`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.begins()
        phone.isAboutToDrop(WIFI, inMs = 30_000)
        assertEquals(emptyList(), phone.news())
        phone.joins(CELLULAR)
        assertEquals(listOf("added 10.20.0.3", "leaving 192.168.1.7"), phone.news())
    }

    @Test
    fun `a network that was to be dropped and stayed carries again`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.joins(CELLULAR)
        phone.begins()
        phone.isAboutToDrop(WIFI, inMs = 30_000)
        phone.news()
        phone.wait(seconds = 34)
        assertEquals(emptyList(), phone.news())
        phone.wait(seconds = 2)
        assertEquals(listOf("removed 192.168.1.7", "added 192.168.1.7"), phone.news())
    }

    @Test
    fun `a cafe's Wi-Fi is used when somebody has signed in, and no earlier`() {
        val phone = Phone()
        phone.joins(CELLULAR)
        phone.begins()
        phone.joins(WIFI.copy(isValidated = false, isCaptive = true))
        assertEquals(emptyList(), phone.news())
        phone.sees(WIFI)
        assertEquals(listOf("added 192.168.1.7"), phone.news())
    }

    @Test
    fun `a hotel's Wi-Fi that wants to be signed in on again is left, once there is another network`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.begins()
        phone.sees(WIFI.copy(isValidated = false, isCaptive = true))
        assertEquals(emptyList(), phone.news(), "better one that may carry nothing than none")
        phone.joins(CELLULAR)
        assertEquals(listOf("added 10.20.0.3", "leaving 192.168.1.7"), phone.news())
    }

    @Test
    fun `Wi-Fi without internet is used for an ingest in the house, and not for one outside`() {
        val local = WIFI.copy(isValidated = false)
        for ((isInternetNeeded, expected) in listOf(true to emptyList(), false to listOf("192.168.1.7"))) {
            val phone = Phone(NetworkPolicy(isInternetNeeded = isInternetNeeded))
            phone.joins(local)
            assertEquals(expected, phone.begins())
        }
    }

    @Test
    fun `a network in use that stops reaching the internet goes on, and one that is blocked does not`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.joins(CELLULAR)
        phone.begins()
        phone.sees(WIFI.copy(isValidated = false))
        assertEquals(emptyList(), phone.news())
        phone.sees(CELLULAR.copy(isBlocked = true))
        assertEquals(listOf("leaving 10.20.0.3"), phone.news())
    }

    @Test
    fun `at the edge of the Wi-Fi it comes and goes, and is waited for longer each time`() {
        val phone = Phone()
        phone.joins(CELLULAR)
        phone.joins(WIFI)
        phone.begins()
        val waited = (1L..4L).map { time ->
            phone.loses(WIFI.copy(handle = time))
            phone.joins(WIFI.copy(handle = time + 1))
            assertEquals(listOf("removed 192.168.1.7"), phone.news())
            phone.secondsUntil("added 192.168.1.7")
        }
        assertEquals(listOf(2, 4, 8, 16), waited)
        phone.wait(seconds = 300)
        phone.loses(WIFI.copy(handle = 5))
        phone.joins(WIFI.copy(handle = 6))
        phone.news()
        assertEquals(2, phone.secondsUntil("added 192.168.1.7"), "an old story is forgotten")
    }

    @Test
    fun `Wi-Fi that comes and goes is used at once where there is nothing else`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.begins()
        phone.loses(WIFI)
        assertEquals(listOf("removed 192.168.1.7"), phone.news())
        phone.joins(WIFI)
        assertEquals(listOf("added 192.168.1.7"), phone.news())
    }

    @Test
    fun `the same address on a Wi-Fi that was joined anew is another way`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.joins(CELLULAR)
        phone.begins()
        // The next access point is there before the last one is given up.
        phone.joins(WIFI.copy(handle = 77))
        assertEquals(emptyList(), phone.news())
        phone.loses(WIFI)
        assertEquals(listOf("removed 192.168.1.7", "added 192.168.1.7"), phone.news())
    }

    @Test
    fun `another address on the same network takes the place of the first`() {
        val phone = Phone()
        phone.joins(WIFI)
        phone.begins()
        phone.sees(WIFI.copy(addresses = addresses("192.168.1.99")))
        assertEquals(listOf("removed 192.168.1.7", "added 192.168.1.99"), phone.news())
    }

    @Test
    fun `a mobile network with a new address goes on with the old budget`() {
        val phone = Phone(NetworkPolicy(meteredBudgetBytes = 1_000u))
        phone.joins(CELLULAR)
        phone.begins()
        phone.carries("10.20.0.3", bytes = 600u)
        phone.sees(CELLULAR.copy(addresses = addresses("10.20.0.99")))
        assertEquals(listOf("removed 10.20.0.3", "added 10.20.0.99 for 400 bytes"), phone.news())
        phone.carries("10.20.0.99", bytes = 400u)
        phone.joins(WIFI)
        phone.news()
        phone.sees(CELLULAR)
        assertEquals(listOf("removed 10.20.0.99", "added 10.20.0.3 for 600 bytes"), phone.news())
        phone.carries("10.20.0.3", bytes = 600u)
        phone.sees(CELLULAR.copy(addresses = addresses("10.20.0.111")))
        assertEquals(listOf("removed 10.20.0.3"), phone.news(), "nothing is left of it")
    }

    @Test
    fun `where only one network is used, it is the best, and the next takes over before it goes`() {
        val phone = Phone(NetworkPolicy(isBonded = false, sparesMetered = false))
        phone.joins(CELLULAR)
        assertEquals(listOf("10.20.0.3"), phone.begins())
        phone.joins(WIFI)
        assertEquals(listOf("added 192.168.1.7", "leaving 10.20.0.3"), phone.news())
        phone.isAboutToDrop(WIFI, inMs = 30_000)
        assertEquals(
            listOf("removed 10.20.0.3", "added 10.20.0.3", "leaving 192.168.1.7"),
            phone.news(),
        )
    }

    @Test
    fun `all networks are used with one family, which stays as long as any has it`() {
        val phone = Phone()
        phone.joins(WIFI.copy(addresses = addresses("fe80::7", "2001:db8::7", "192.168.1.7")))
        phone.joins(CELLULAR.copy(addresses = addresses("2001:db8:2::3")))
        assertEquals(listOf("192.168.1.7"), phone.begins())
        phone.loses(WIFI)
        assertEquals(listOf("removed 192.168.1.7", "added 2001:db8:2:0:0:0:0:3"), phone.news())
        phone.wait(seconds = 300)
        phone.joins(WIFI.copy(handle = 78, addresses = addresses("fe80::7", "fd00::7", "2001:db8::7", "192.168.1.7")))
        assertEquals(listOf("added 2001:db8:0:0:0:0:0:7"), phone.news())
    }

    @Test
    fun `an ingest whose family is known is gone to with that`() {
        val phone = Phone(NetworkPolicy(family = AddressFamily.IPV6))
        phone.joins(WIFI)
        phone.joins(CELLULAR.copy(addresses = addresses("2001:db8:2::3")))
        assertEquals(listOf("2001:db8:2:0:0:0:0:3"), phone.begins().map { it.substringBefore(" ") })
    }

    /** What a phone's system tells in virtual time, and what the broadcast hears of it. */
    private class Phone(policy: NetworkPolicy = NetworkPolicy(sparesMetered = false)) {
        private val plan = NetworkPlan(policy)
        private var nowUs = 5_000_000L

        fun begins(): List<String> = plan.begin(nowUs).map { it.text() }

        fun hasAnyAndAll() = plan.hasAny(nowUs) to plan.isComplete(nowUs)

        fun joins(network: PhoneNetwork) = plan.seen(nowUs, network)

        fun sees(network: PhoneNetwork) = plan.seen(nowUs, network)

        fun isAboutToDrop(network: PhoneNetwork, inMs: Int) = plan.losing(nowUs, network.handle, inMs)

        fun loses(network: PhoneNetwork) = plan.lost(nowUs, network.handle)

        fun carries(address: String, bytes: ULong) = plan.carried(address, bytes)

        fun wait(seconds: Int) {
            nowUs += seconds * 1_000_000L
        }

        fun news(): List<String> = plan.changes(nowUs).map { change ->
            when (change) {
                is Change.NetworkAdded -> "added ${change.network.text()}"
                is Change.NetworkLeaving -> "leaving ${change.address}"
                is Change.NetworkRemoved -> "removed ${change.address}"
                else -> "$change"
            }
        }

        fun handles(): List<ULong?> =
            plan.changes(nowUs).filterIsInstance<Change.NetworkAdded>().map { it.network.androidHandle }

        /** By the moments at which the plan wants to be asked, and by no others. */
        fun secondsUntil(news: String): Int {
            val begun = nowUs
            while (true) {
                nowUs = plan.wakeAtUs(nowUs) ?: error("$news never comes")
                if (news in news()) return ((nowUs - begun) / 1_000_000).toInt()
            }
        }

        private fun dev.golive.Network.text() = address + (budgetBytes?.let { " for $it bytes" } ?: "")
    }

    private companion object {
        val WIFI = PhoneNetwork(handle = 1, NetworkKind.WIFI, addresses("192.168.1.7"))
        val CELLULAR = PhoneNetwork(handle = 100, NetworkKind.CELLULAR, addresses("10.20.0.3"))

        fun addresses(vararg texts: String): List<InetAddress> = texts.map { InetAddress.getByName(it) }
    }
}
