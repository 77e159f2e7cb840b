package dev.golive.android

import android.net.LinkProperties
import android.net.NetworkCapabilities
import android.system.OsConstants
import dev.golive.phone.NetworkKind
import dev.golive.phone.PhoneNetwork
import java.net.InetAddress
import java.net.NetworkInterface
import java.net.SocketException

/** What the system has told of a network so far. */
internal data class NetworkParts(
    val capabilities: NetworkCapabilities? = null,
    val properties: LinkProperties? = null,
    val isBlocked: Boolean = false,
) {
    /** The network, once both halves of it were told. */
    fun described(handle: Long, kind: NetworkKind): PhoneNetwork? {
        val able = capabilities ?: return null
        val link = properties ?: return null
        return PhoneNetwork(
            handle = handle,
            kind = kind,
            addresses = link.lasting() + link.translated(),
            isMetered = !able.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED) &&
                !able.hasCapability(NetworkCapabilities.NET_CAPABILITY_TEMPORARILY_NOT_METERED),
            isValidated = able.hasCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED),
            isCaptive = able.hasCapability(NetworkCapabilities.NET_CAPABILITY_CAPTIVE_PORTAL),
            isBlocked = isBlocked,
        )
    }
}

/** Without those that lapse soon, or whose uniqueness is not yet known. */
private fun LinkProperties.lasting(): List<InetAddress> {
    val passing = OsConstants.IFA_F_DEPRECATED or OsConstants.IFA_F_TENTATIVE
    return linkAddresses.filter { it.flags and passing == 0 }.map { it.address }
}

/**
 * IPv4 on a mobile network that has IPv6 only (464XLAT, RFC 6877). It has an interface of its own beside the
 * network's, which the system names so and leaves out of what it tells apps.
 */
private fun LinkProperties.translated(): List<InetAddress> =
    try {
        interfaceName?.let { NetworkInterface.getByName("v4-$it") }?.inetAddresses?.toList().orEmpty()
    } catch (_: SocketException) {
        emptyList()
    }
