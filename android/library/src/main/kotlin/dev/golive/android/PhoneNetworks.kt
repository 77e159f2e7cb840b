package dev.golive.android

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Handler
import android.os.HandlerThread
import dev.golive.ErrorKind
import dev.golive.GoliveException
import dev.golive.LiveBroadcast
import dev.golive.phone.NetworkKind
import dev.golive.phone.NetworkPlan
import dev.golive.phone.NetworkPolicy
import dev.golive.phone.NetworkSteering
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeoutOrNull

/**
 * The phone's networks in the hands of a broadcast: several at once, or the best of them, named by their
 * addresses and handles. The ingest has to take srtla for that (docs/bonding.md); a broadcast that names
 * no network takes the system's choice and needs none of this.
 *
 * [begin] before the broadcast is configured, [follow] with the broadcast, [close] after it. With
 * [NetworkPolicy.isBonded] the mobile network is kept up beside Wi-Fi until then. Needs the permissions
 * `ACCESS_NETWORK_STATE` and `CHANGE_NETWORK_STATE`, which the library's manifest brings.
 *
 * @throws GoliveException of kind `CONFIGURATION` if the app's manifest took them out.
 */
public class PhoneNetworks(context: Context, private val policy: NetworkPolicy = NetworkPolicy()) : AutoCloseable {
    private val manager = context.service<ConnectivityManager>()
    private val thread = HandlerThread("golive-networks").apply { start() }
    private val handler = Handler(thread.looper)
    private val plan = NetworkPlan(policy)
    private val steering = NetworkSteering(plan)
    private val callbacks = mutableListOf<Sight>()
    private val look = Runnable { steer() }
    private val first = CompletableDeferred<Unit>()
    private val all = CompletableDeferred<Unit>()

    init {
        try {
            for (kind in NetworkKind.entries) watch(kind)
        } catch (refused: SecurityException) {
            close()
            val message = "the app's merged manifest lacks ACCESS_NETWORK_STATE or CHANGE_NETWORK_STATE"
            throw GoliveException(ErrorKind.CONFIGURATION, message, refused.message, refused)
        }
    }

    /**
     * The networks for [dev.golive.BroadcastConfig.networks]: the first that is there within [waitMs]
     * milliseconds, and those that come within a second after it. Others join later by [follow].
     *
     * @throws GoliveException of kind `UNREACHABLE` if there is none by then, `ENDED` after [close].
     */
    public suspend fun begin(waitMs: Long = 3_000): List<dev.golive.Network> {
        withTimeoutOrNull(waitMs) {
            first.await()
            // Where one comes, the others are there as well, or take their time.
            withTimeoutOrNull(OTHERS_MS) { all.await() }
        }
        val named = CompletableDeferred<List<dev.golive.Network>>()
        if (!handler.post { named.complete(plan.begin(now())) }) {
            throw GoliveException(ErrorKind.ENDED, "the phone's networks were closed", null)
        }
        return named.await().ifEmpty {
            val message = "the phone has no network that reaches the internet and that this app may use: turn on Wi-Fi " +
                "or mobile data; where everything has to go through a VPN, name no networks"
            throw GoliveException(ErrorKind.UNREACHABLE, message, null)
        }
    }

    /**
     * Tells [broadcast], which began with what [begin] answered, of the networks that come and go, from when it
     * is on its way until it is over.
     */
    public fun follow(broadcast: LiveBroadcast) {
        handler.post {
            steering.follow(broadcast)
            steer()
        }
    }

    /** Lets go of the networks. The broadcast hears of none any more. Calling it again does nothing. */
    override fun close() {
        handler.post {
            callbacks.forEach(manager::unregisterNetworkCallback)
            callbacks.clear()
            steering.follow(null)
            thread.quitSafely()
        }
    }

    private fun watch(kind: NetworkKind) {
        val request = NetworkRequest.Builder()
            .addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
            .addTransportType(kind.transport)
            .build()
        val sight = Sight(kind)
        // A mobile network goes to sleep beside Wi-Fi unless somebody asks for it.
        if (policy.isBonded && kind == NetworkKind.CELLULAR) manager.requestNetwork(request, sight, handler)
        else manager.registerNetworkCallback(request, sight, handler)
        callbacks += sight
    }

    private fun steer() {
        handler.removeCallbacks(look)
        if (plan.hasAny(now())) first.complete(Unit)
        if (plan.isComplete(now())) all.complete(Unit)
        steering.steer(now())?.let { handler.postDelayed(look, it / 1_000 + 1) }
    }

    private fun now(): Long = SystemClocks.bootUs()

    /** Puts together what the system tells of a network in pieces. */
    private inner class Sight(private val kind: NetworkKind) : ConnectivityManager.NetworkCallback() {
        private val parts = mutableMapOf<Network, NetworkParts>()

        override fun onCapabilitiesChanged(network: Network, capabilities: NetworkCapabilities) =
            change(network) { it.copy(capabilities = capabilities) }

        override fun onLinkPropertiesChanged(network: Network, properties: android.net.LinkProperties) =
            change(network) { it.copy(properties = properties) }

        override fun onBlockedStatusChanged(network: Network, isBlocked: Boolean) =
            change(network) { it.copy(isBlocked = isBlocked) }

        override fun onLosing(network: Network, inMs: Int) {
            plan.losing(now(), network.networkHandle, inMs)
            steer()
        }

        override fun onLost(network: Network) {
            parts -= network
            plan.lost(now(), network.networkHandle)
            steer()
        }

        private fun change(network: Network, how: (NetworkParts) -> NetworkParts) {
            val known = how(parts[network] ?: NetworkParts())
            parts[network] = known
            known.described(network.networkHandle, kind)?.let { plan.seen(now(), it) }
            steer()
        }
    }

    private companion object {
        const val OTHERS_MS = 1_000L
    }
}

private val NetworkKind.transport: Int
    get() = when (this) {
        NetworkKind.ETHERNET -> NetworkCapabilities.TRANSPORT_ETHERNET
        NetworkKind.WIFI -> NetworkCapabilities.TRANSPORT_WIFI
        NetworkKind.CELLULAR -> NetworkCapabilities.TRANSPORT_CELLULAR
    }
