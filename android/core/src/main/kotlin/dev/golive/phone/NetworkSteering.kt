package dev.golive.phone

import dev.golive.BroadcastState
import dev.golive.GoliveException
import dev.golive.LiveBroadcast

/**
 * Tells a broadcast what a [NetworkPlan] decides, from when it is on its way until it is over. A broadcast that
 * began without naming a network takes no others. Used by one thread.
 */
public class NetworkSteering(private val plan: NetworkPlan) {
    private var broadcast: LiveBroadcast? = null

    /** This is the one to tell from now on, or nobody. */
    public fun follow(broadcast: LiveBroadcast?) {
        this.broadcast = broadcast
    }

    /**
     * Tells what there is to tell. To be called after everything that the plan was told, and again after
     * as many microseconds as this answers, if it answers any.
     */
    public fun steer(nowUs: Long): Long? {
        val health = broadcast?.health?.value ?: return null
        when (health.state) {
            BroadcastState.ENDED -> return null
            // It hears of nothing yet, and what is known by then is told at once.
            BroadcastState.PREPARED -> return LOOK_US
            else -> Unit
        }
        health.networks.forEach { plan.carried(it.address, it.bytes) }
        for (change in plan.changes(nowUs)) {
            try {
                broadcast?.set(change)
            } catch (_: GoliveException) {
                // It ended meanwhile.
                return null
            }
        }
        return plan.wakeAtUs(nowUs)?.let { it - nowUs }
    }

    private companion object {
        const val LOOK_US = 200_000L
    }
}
