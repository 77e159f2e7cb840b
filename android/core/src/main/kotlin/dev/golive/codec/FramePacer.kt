package dev.golive.codec

/** Chooses among captured pictures, evenly, so that no more than a rate remains of them. */
public class FramePacer {
    private var dueUs: Long? = null

    /** Whether the picture of this time is one of those. */
    public fun takes(timeUs: Long, framesPerSecond: Int): Boolean {
        val intervalUs = 1_000_000L / framesPerSecond.coerceAtLeast(1)
        // Cameras are up to a quarter of an interval early or late.
        // A camera that was switched may count by another clock.
        val due = dueUs?.takeIf { timeUs >= it - 2 * intervalUs } ?: timeUs
        if (timeUs < due - intervalUs / 4) return false
        // After a pause the rhythm begins anew; else it goes on from where it should have been.
        dueUs = intervalUs + if (timeUs > due + intervalUs) timeUs else due
        return true
    }
}
