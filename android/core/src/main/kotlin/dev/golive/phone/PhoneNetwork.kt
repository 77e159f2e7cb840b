package dev.golive.phone

import java.net.Inet4Address
import java.net.Inet6Address
import java.net.InetAddress

/** A network that the phone has, as the system describes it. */
public data class PhoneNetwork(
    /** `Network.getNetworkHandle()`: another one each time the phone joins. */
    val handle: Long,
    val kind: NetworkKind,
    /** The phone's own addresses on it, without those that are about to lapse. */
    val addresses: List<InetAddress>,
    /** Its data costs money, or its owner says so. */
    val isMetered: Boolean = kind == NetworkKind.CELLULAR,
    /** The system reached the internet over it. */
    val isValidated: Boolean = true,
    /** Nobody gets through before somebody signed in on a page. */
    val isCaptive: Boolean = false,
    /** The system keeps this app from it: a saver of data, or a VPN that everything has to go through. */
    val isBlocked: Boolean = false,
)

/** What carries a network. The order is that in which one is chosen where only one is used. */
public enum class NetworkKind {
    ETHERNET,
    WIFI,
    CELLULAR,
}

/** Which of the phone's networks a broadcast uses, and how. */
public data class NetworkPolicy(
    /** All at once, the mobile one beside Wi-Fi; else the best of them, and the next where it goes. */
    val isBonded: Boolean = true,
    /** One whose data costs money is used only where the others do not suffice; else like any other. */
    val sparesMetered: Boolean = true,
    /**
     * What each kind of network that is spared may cost in a broadcast, in bytes sent and received. Nothing
     * goes over it after that, and a broadcast that has no other network then stands still. No bound, unless
     * one is given.
     */
    val meteredBudgetBytes: ULong? = null,
    /** The family of the ingest's address, if that is known. */
    val family: AddressFamily? = null,
    /** Whether the ingest is out in the internet: one on the same Wi-Fi needs none. */
    val isInternetNeeded: Boolean = true,
)

/** A version of the internet protocol. */
public enum class AddressFamily {
    IPV4,
    IPV6;

    /**
     * Of the phone's addresses on a network, the one to send from: one that is in use already, else one that
     * is known everywhere, else one that is known around there. None that only its own link knows.
     */
    internal fun choose(addresses: List<InetAddress>, isInUse: (String) -> Boolean): String? {
        val own = addresses.filter { it.isOfThis() && !it.isLinkLocalAddress && !it.isLoopbackAddress }
        val chosen = own.firstOrNull { isInUse(it.text()) } ?: own.firstOrNull { !it.isUniqueLocal() } ?: own.firstOrNull()
        return chosen?.text()
    }

    private fun InetAddress.isOfThis(): Boolean =
        if (this@AddressFamily == IPV4) this is Inet4Address else this is Inet6Address

    /** fc00::/7 (RFC 4193). */
    private fun InetAddress.isUniqueLocal(): Boolean = this is Inet6Address && address[0].toInt() and 0xfe == 0xfc

    /** Without the name of an interface behind it. */
    private fun InetAddress.text(): String = hostAddress.orEmpty().substringBefore('%')
}
