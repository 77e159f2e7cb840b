package dev.golive

/** What a caller can do about a [GoliveException]. */
public enum class ErrorKind {
    /** Something that was asked for makes no sense: fix the configuration. */
    CONFIGURATION,

    /** The destination did not answer, or the network is away: try again later. */
    UNREACHABLE,

    /** The destination refused: a wrong key or passphrase, or no room. */
    REFUSED,

    /** A camera or microphone is missing or in use: choose another, or free it. */
    DEVICE_UNAVAILABLE,

    /** The system forbids the device: ask the person for permission. */
    PERMISSION_DENIED,

    /** A file or codec could not be read, written or used. */
    MEDIA,

    /** The broadcast is over, or was stopped before it was live. */
    ENDED,

    /** The system refused a thread, a socket or memory: give up, and report it. */
    SYSTEM,
}

/**
 * What went wrong. [kind] says what can be done, [message] is a sentence for a person that holds no
 * secret, [detail] what the system or the ingest said.
 */
public class GoliveException(
    public val kind: ErrorKind,
    override val message: String,
    public val detail: String?,
    cause: Throwable? = null,
) : Exception(message, cause)

/** Runs [call], and turns what it throws into the exception that apps know. */
internal inline fun <T> translating(call: () -> T): T =
    try {
        call()
    } catch (failure: GoliveFailure) {
        throw failure.toException()
    }

/** The exception that apps know, for whoever calls what is generated without a layer between. */
public fun GoliveFailure.toException(): GoliveException =
    when (this) {
        is GoliveFailure.Configuration -> of(ErrorKind.CONFIGURATION, reason, detail)
        is GoliveFailure.Unreachable -> of(ErrorKind.UNREACHABLE, reason, detail)
        is GoliveFailure.Refused -> of(ErrorKind.REFUSED, reason, detail)
        is GoliveFailure.DeviceUnavailable -> of(ErrorKind.DEVICE_UNAVAILABLE, reason, detail)
        is GoliveFailure.PermissionDenied -> of(ErrorKind.PERMISSION_DENIED, reason, detail)
        is GoliveFailure.Media -> of(ErrorKind.MEDIA, reason, detail)
        is GoliveFailure.Ended -> of(ErrorKind.ENDED, reason, detail)
        is GoliveFailure.System -> of(ErrorKind.SYSTEM, reason, detail)
    }

private fun GoliveFailure.of(kind: ErrorKind, reason: String, detail: String?): GoliveException =
    GoliveException(kind, reason, detail, this)

/**
 * Where a broadcast goes: an SRT URL, as `srt://ingest.example:9000?latency=250`.
 *
 * @param streamId the stream id, which often is the stream key; it need not stand in the URL.
 * @param passphrase what encrypts the stream, 10 to 79 bytes.
 * @throws GoliveException saying what is wrong with it.
 */
public fun destination(url: String, streamId: Secret? = null, passphrase: Secret? = null): Destination =
    translating {
        Destination.parse(url).also { destination ->
            streamId?.let(destination::setStreamId)
            passphrase?.let(destination::setPassphrase)
        }
    }
