package dev.golive

import kotlinx.coroutines.CancellationException

/** An app's encoder, whatever of which throws says so in a sentence. */
internal class GuardedEncoder(private val encoder: Encoder) : Encoder {
    override fun start(sink: FrameSink, target: EncoderTarget) = guarded { encoder.start(sink, target) }

    override fun setTarget(target: EncoderTarget) = guarded { encoder.setTarget(target) }

    override fun requestKeyframe() = guarded { encoder.requestKeyframe() }

    override fun restart() = guarded { encoder.restart() }

    override fun setMuted(muted: Boolean) = guarded { encoder.setMuted(muted) }

    override fun stop() = guarded { encoder.stop() }

    private inline fun guarded(call: () -> Unit) {
        try {
            call()
        } catch (failure: CallbackFailure) {
            throw failure
        } catch (failure: Throwable) {
            // Errors as well: what is not caught here would look like success on the other side.
            throw CallbackFailure.Failed(failure.message ?: failure.javaClass.simpleName)
        }
    }
}

/** Where an app's keys come from. What it throws may hold one, and is told only if it was meant to. */
internal class GuardedCredentials(private val credentials: Credentials) : Credentials {
    override suspend fun access(): Access =
        try {
            credentials.access()
        } catch (failure: CallbackFailure) {
            throw failure
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (failure: Throwable) {
            throw CallbackFailure.Failed(failure.javaClass.simpleName)
        }
}
