package dev.golive.sample

import dev.golive.BroadcastState
import dev.golive.Health
import java.util.Locale

/** One line of how a broadcast is doing, such as `on air · 2.4 Mb/s · 48 ms · 0.3 % lost · 2 networks`. */
fun healthLine(health: Health): String =
    when (health.state) {
        BroadcastState.PREPARED -> ""
        BroadcastState.CONNECTING -> "connecting"
        BroadcastState.RECOVERING -> "the connection is lost: connecting again"
        BroadcastState.ENDED -> ""
        BroadcastState.LIVE -> live(health)
    }

private fun live(health: Health): String {
    val sent = health.packetsSent.toDouble().coerceAtLeast(1.0)
    val lost = health.packetsLost.toDouble() / sent * 100
    val networks = health.networks.count { it.isLive }
    return listOfNotNull(
        "on air",
        "%.1f Mb/s".format(Locale.ROOT, health.sentBitsPerSecond.toDouble() / 1e6),
        health.roundTripTimeUs?.let { "${it / 1_000uL} ms" },
        "%.1f %% lost".format(Locale.ROOT, lost),
        "$networks networks".takeIf { networks > 1 },
    ).joinToString(" · ")
}
