package dev.golive.testing

import dev.golive.Happening
import dev.golive.Heat
import dev.golive.InterruptionCause
import dev.golive.InterruptionInput
import dev.golive.RehearsedEncoder
import dev.golive.RehearsedIngest
import dev.golive.RehearsedNetwork

/** What can happen to a rehearsed broadcast, in the words of a test. */
public class Happenings internal constructor() {
    internal val said = mutableListOf<Happening>()

    /** A call comes in, or another app takes the sound. */
    public fun call(): Unit = began(InterruptionCause.CALL)

    /** The call is over. */
    public fun callEnds(): Unit = ended(InterruptionCause.CALL)

    /** The person leaves the app, or locks the screen. */
    public fun background(): Unit = began(InterruptionCause.BACKGROUND)

    /** The person is back in the app. */
    public fun foreground(): Unit = ended(InterruptionCause.BACKGROUND)

    /** Another app takes the camera, or it fails. */
    public fun cameraTaken(): Unit = began(InterruptionCause.CAMERA_LOST)

    /** The camera is free again, and delivers its first picture 300 ms later. */
    public fun cameraBack(): Unit = ended(InterruptionCause.CAMERA_LOST)

    /** The system silences the microphone, or it is unplugged. */
    public fun microphoneLost(): Unit = began(InterruptionCause.MICROPHONE_LOST)

    /** The microphone is there again. */
    public fun microphoneBack(): Unit = ended(InterruptionCause.MICROPHONE_LOST)

    /** The person asks the phone to save its battery. */
    public fun lowPower(): Unit = began(InterruptionCause.LOW_POWER)

    /** The battery need not be saved any more. */
    public fun fullPower(): Unit = ended(InterruptionCause.LOW_POWER)

    /** The phone is so hot. */
    public fun heat(level: Heat): Unit = interruption(InterruptionInput.Thermal(level))

    /** The platform says this. */
    public fun interruption(input: InterruptionInput): Unit = happen(Happening.Interruption(input))

    /** The network that is in use is like this from now on. */
    public fun network(network: RehearsedNetwork): Unit = happen(Happening.Network(network))

    /**
     * Of several networks that are used at once, the one of this number is like this from now on, or
     * once it is there: in the order in which they were named, from zero, those added later included.
     * That it comes or goes the app says, by [dev.golive.LiveBroadcast.set].
     */
    public fun networkOf(number: Int, network: RehearsedNetwork): Unit =
        happen(Happening.NetworkOf(number.toUInt(), network))

    /** Nothing passes on the network any more. */
    public fun noNetwork(): Unit = network(RehearsedNetwork.None)

    /** Another network takes over: for 400 ms nothing passes, then the phone has another address. */
    public fun handOver(network: RehearsedNetwork): Unit = happen(Happening.HandOver(network))

    /** The video encoder behaves like this from now on. */
    public fun encoder(behaviour: RehearsedEncoder): Unit = happen(Happening.Encoder(behaviour))

    /** The video encoder delivers nothing any more, until it is made anew. */
    public fun encoderFreezes(): Unit = encoder(RehearsedEncoder.Freezes)

    /** The ingest behaves like this from now on. */
    public fun ingest(behaviour: RehearsedIngest): Unit = happen(Happening.Ingest(behaviour))

    /** The ingest dies without a word. */
    public fun ingestDies(): Unit = ingest(RehearsedIngest.DIES)

    /** An ingest is there again. */
    public fun ingestReturns(): Unit = ingest(RehearsedIngest.RETURNS)

    /** The ingest refuses the key of whoever comes. */
    public fun wrongKey(): Unit = ingest(RehearsedIngest.REFUSES_KEY)

    /** Anything that has no word here. */
    public fun happen(happening: Happening) {
        said += happening
    }

    private fun began(cause: InterruptionCause) = interruption(InterruptionInput.Began(cause))

    private fun ended(cause: InterruptionCause) = interruption(InterruptionInput.Ended(cause))
}
