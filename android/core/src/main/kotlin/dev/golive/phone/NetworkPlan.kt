package dev.golive.phone

import dev.golive.Change
import dev.golive.Network

/**
 * Decides which of the phone's networks a broadcast uses. It is told what the system says, and answers what
 * the broadcast is to be told ([changes]). It has no clock: times are microseconds of one that goes on during
 * sleep. Used by one thread.
 *
 * - One without internet, behind a page to sign in on, or that the system keeps the app from, is not used. One
 *   that stops reaching the internet while it is in use goes on: what carries nothing is found out by what
 *   arrives.
 * - One that the system is about to drop leaves as soon as there is another.
 * - One that comes and goes is used again only after it stayed for a while, longer each time, unless there is
 *   no other.
 * - All are used with one family of addresses, as a broadcast goes to one address of the ingest. IPv4 counts
 *   first, as more ingests have it; what is in use stays as long as any network has it.
 */
public class NetworkPlan(private val policy: NetworkPolicy = NetworkPolicy()) {
    private val known = linkedMapOf<Long, Known>()
    private val told = mutableListOf<Told>()
    private val losses = mutableMapOf<NetworkKind, ArrayDeque<Long>>()
    private val spending = Spending(policy)
    private var family = policy.family

    /** A network is there, or something about it changed. */
    public fun seen(nowUs: Long, network: PhoneNetwork) {
        val before = known[network.handle]
        known[network.handle] = before?.copy(network = network) ?: Known(network, nowUs + restUs(nowUs, network.kind))
    }

    /** The system is about to drop it, in [inMs] at most (`onLosing`). */
    public fun losing(nowUs: Long, handle: Long, inMs: Int) {
        val going = known[handle] ?: return
        // Nobody says so where it stays after all.
        known[handle] = going.copy(leavesUntilUs = nowUs + inMs * 1_000L + SPARED_US)
    }

    /** It is gone (`onLost`). */
    public fun lost(nowUs: Long, handle: Long) {
        val gone = known.remove(handle) ?: return
        losses.getOrPut(gone.network.kind) { ArrayDeque() }.addLast(nowUs)
    }

    /** So much went over the network with this address since the broadcast began ([dev.golive.NetworkHealth]). */
    public fun carried(address: String, bytes: ULong): Unit = spending.note(address, bytes)

    /** The networks that a broadcast is to begin with, for its configuration. */
    public fun begin(nowUs: Long): List<Network> = changes(nowUs).filterIsInstance<Change.NetworkAdded>().map { it.network }

    /** What the broadcast is to be told now, in this order. Each is answered once. */
    public fun changes(nowUs: Long): List<Change> {
        val wanted = wanted(nowUs)
        val gone = told.filter { isGone(it) }
        val new = wanted.filter { way -> told.none { it.address == way.address && !it.isLeaving && it !in gone } }
        // One that was about to leave and stays is another link, too.
        val anew = told.filter { old -> old !in gone && new.any { it.address == old.address } }
        val leaving = told.filter { old -> !old.isLeaving && old !in gone && wanted.none { it.address == old.address } }
        told -= (gone + anew).toSet()
        told += new.map { Told(it.address, it.network.handle) }
        // The last one does not leave: it may carry something to its end.
        val left = if (wanted.isEmpty()) emptyList() else leaving.onEach { it.isLeaving = true }
        return (gone + anew).map { Change.NetworkRemoved(it.address) } +
            new.map { Change.NetworkAdded(named(it)) } +
            left.map { Change.NetworkLeaving(it.address) }
    }

    /** Whether there is any network to begin with. */
    public fun hasAny(nowUs: Long): Boolean = wanted(nowUs).isNotEmpty()

    /** Whether there is all that can be hoped for: the mobile network and another, or one where one will do. */
    public fun isComplete(nowUs: Long): Boolean {
        val kinds = wanted(nowUs).map { it.network.kind }.toSet()
        return if (policy.isBonded) NetworkKind.CELLULAR in kinds && kinds.size > 1 else kinds.isNotEmpty()
    }

    /** When [changes] may answer something without any news; nothing, if never. */
    public fun wakeAtUs(nowUs: Long): Long? =
        known.values.flatMap { listOf(it.usableAtUs, it.leavesUntilUs) }.filter { it > nowUs }.minOrNull()

    private fun wanted(nowUs: Long): List<Way> {
        val usable = known.values.filter { isUsable(it.network) }
        val family = chosenFamily(usable) ?: return emptyList()
        val ways = usable.mapNotNull { it.way(family) }.sortedWith(compareBy({ it.network.kind }, { !isInUse(it) }))
        val payable = ways.distinctBy { it.address }.filter { isInUse(it) || spending.left(it) != 0UL }
        // Better one that comes and goes, or is about to go, than none.
        val staying = payable.filter { it.known.leavesUntilUs <= nowUs }.ifEmpty { payable }
        val rested = staying.filter { it.known.usableAtUs <= nowUs || isInUse(it) }.ifEmpty { staying }
        return if (policy.isBonded) rested else rested.take(1)
    }

    private fun isUsable(network: PhoneNetwork): Boolean {
        val isThrough = network.isValidated || !policy.isInternetNeeded || told.any { it.handle == network.handle }
        return isThrough && !network.isCaptive && !network.isBlocked
    }

    private fun chosenFamily(usable: List<Known>): AddressFamily? {
        policy.family?.let { return it }
        val there = AddressFamily.entries.filter { family -> usable.any { it.way(family) != null } }
        family = family.takeIf { it in there } ?: there.firstOrNull() ?: family
        return family
    }

    private fun Known.way(family: AddressFamily): Way? =
        family.choose(network.addresses) { own -> told.any { it.address == own && it.handle == network.handle } }
            ?.let { Way(this, it) }

    private fun isInUse(way: Way): Boolean =
        told.any { it.address == way.address && it.handle == way.network.handle && !it.isLeaving }

    /** Its network is gone, or has another address. */
    private fun isGone(told: Told): Boolean {
        val network = known[told.handle]?.network ?: return true
        return AddressFamily.entries.none { it.choose(network.addresses) { own -> own == told.address } == told.address }
    }

    private fun named(way: Way): Network {
        val budget = spending.left(way)
        spending.uses(way)
        return Network(way.address, budget, androidHandle = way.network.handle.toULong())
    }

    /** How long a network of this kind has to stay before it is used, by how often one was lost of late. */
    private fun restUs(nowUs: Long, kind: NetworkKind): Long {
        val recent = losses[kind] ?: return 0
        while (recent.isNotEmpty() && nowUs - recent.first() > FORGOTTEN_US) recent.removeFirst()
        return if (recent.isEmpty()) 0 else minOf(FIRST_REST_US shl minOf(recent.size - 1, 5), LONGEST_REST_US)
    }

    private data class Told(val address: String, val handle: Long, var isLeaving: Boolean = false)

    private companion object {
        const val SPARED_US = 5_000_000L
        const val FORGOTTEN_US = 120_000_000L
        const val FIRST_REST_US = 2_000_000L
        const val LONGEST_REST_US = 30_000_000L
    }
}

/** A network, and from when on and until when it is used. */
internal data class Known(val network: PhoneNetwork, val usableAtUs: Long, val leavesUntilUs: Long = Long.MIN_VALUE)

/** A network by the address from which it is used. */
internal class Way(val known: Known, val address: String) {
    val network: PhoneNetwork get() = known.network
}

/** What networks that cost money have cost, by their kinds: a new address begins no new budget. */
private class Spending(private val policy: NetworkPolicy) {
    private val kinds = mutableMapOf<String, NetworkKind>()
    private val bytes = mutableMapOf<String, ULong>()

    fun uses(way: Way) {
        if (way.network.isMetered) kinds[way.address] = way.network.kind
    }

    fun note(address: String, carried: ULong) {
        bytes[address] = carried
    }

    /** What it may cost in all, if it is spared. What went over its own address counts into that. */
    fun left(way: Way): ULong? {
        if (!way.network.isMetered || !policy.sparesMetered) return null
        val budgetBytes = policy.meteredBudgetBytes ?: return UNBOUNDED
        val others = kinds.filter { (address, kind) -> kind == way.network.kind && address != way.address }.keys
        val spent = others.fold(0UL) { sum, address -> sum + (bytes[address] ?: 0UL) }
        return if (spent >= budgetBytes) 0UL else budgetBytes - spent
    }

    private companion object {
        /** A broadcast spares what has a budget, and never comes to the end of this one. */
        val UNBOUNDED = Long.MAX_VALUE.toULong()
    }
}
