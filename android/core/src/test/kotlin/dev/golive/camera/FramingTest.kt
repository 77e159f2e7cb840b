package dev.golive.camera

import kotlin.math.roundToInt
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/**
 * A person with a raised right hand stands before the lens: their head is up, their hand is on the left of
 * whoever looks at them. Where these are on the sensor follows from how it is mounted.
 */
class FramingTest {
    private val sensor = PictureSize(1920, 1080)

    @Test
    fun `whichever way it is held, whichever way it looks, viewers see the world upright and the right way round`() {
        for (case in cases()) {
            val (device, facing, isMirrored) = case
            val lens = lens(facing, if (facing == Facing.FRONT) Turn.THREE_QUARTERS else Turn.QUARTER)
            val wanted = sensor.shapedFor(device)
            val view = CameraView(Incoming.raw(lens, sensor), device, isMirrored = isMirrored)
            assertEquals(wanted, view.uprightSize, "$case")
            val seen = CORNERS.map { view.framing(wanted).find(it) }
            val expected = CORNERS.map { corner ->
                val world = if (isMirrored) corner.mirrored() else corner
                onSensor(world, lens, device)
            }
            assertEquals(expected.map { it.rounded() }, seen.map { it.rounded() }, "$case")
        }
    }

    @Test
    fun `corner by corner, as OpenGL has them, for a phone in the hand and on its side`() {
        val back = lens(Facing.BACK, Turn.QUARTER)
        val front = lens(Facing.FRONT, Turn.THREE_QUARTERS)
        // Lower left, lower right, upper left, upper right of what is seen.
        assertFound(back, Turn.NONE, false, "10 11 00 01".pairs())
        // Its left side up: what is seen is what the sensor has, upside down.
        assertFound(back, Turn.QUARTER, false, "11 01 10 00".pairs())
        assertFound(back, Turn.THREE_QUARTERS, false, "00 10 01 11".pairs())
        assertFound(front, Turn.NONE, false, "01 00 11 10".pairs())
        assertFound(front, Turn.NONE, true, "00 01 10 11".pairs())
        assertFound(front, Turn.THREE_QUARTERS, false, "00 10 01 11".pairs())
    }

    @Test
    fun `on a screen that does not turn with the phone, the preview shows just what viewers see`() {
        val broadcast = PictureSize(720, 1280)
        for (held in Turn.entries) for (display in Turn.entries) for (facing in listOf(Facing.BACK, Facing.FRONT)) {
            val view = CameraView(Incoming.throughSurfaceTexture(lens(facing, Turn.QUARTER), sensor), held)
            val onScreen = broadcast.onScreen(held, display)
            val seen = CORNERS.map { view.copy(deviceTurn = display).framing(onScreen).find(it).rounded() }
            val sent = CORNERS.map { view.framing(broadcast).find(it).rounded() }
            assertEquals(sent.toSet(), seen.toSet(), "held $held, shown $display")
        }
        assertEquals(PictureSize(720, 1280), PictureSize(1280, 720).onScreen(Turn.QUARTER, Turn.NONE))
    }

    @Test
    fun `through a SurfaceTexture, which has turned and mirrored already, the same is seen`() {
        for (case in cases()) {
            for (mounted in Turn.entries) {
                val (device, facing, isMirrored) = case
                val lens = lens(facing, mounted)
                val output = PictureSize(720, 1280)
                val direct = CameraView(Incoming.raw(lens, sensor), device, isMirrored = isMirrored).framing(output)
                val through = CameraView(Incoming.throughSurfaceTexture(lens, sensor), device, isMirrored = isMirrored)
                // What the system's matrix does: from its upright picture to the sensor.
                val system = Framing.mirrored(facing == Facing.FRONT).then(Framing.turnedBack(mounted))
                val composed = through.framing(output).then(system)
                assertEquals(
                    CORNERS.map { direct.find(it).rounded() },
                    CORNERS.map { composed.find(it).rounded() },
                    "$case mounted $mounted",
                )
            }
        }
    }

    @Test
    fun `the matrix says what the points say`() {
        for ((device, facing, isMirrored) in cases()) {
            val lens = lens(facing, Turn.QUARTER)
            val framing = CameraView(Incoming.raw(lens, sensor), device, Scaling.FIT, isMirrored).framing(PictureSize(500, 700))
            val matrix = framing.matrix()
            for ((x, y) in CORNERS + listOf(0.25f to 0.75f)) {
                val s = matrix[0] * x + matrix[4] * y + matrix[12]
                val t = matrix[1] * x + matrix[5] * y + matrix[13]
                assertEquals(framing.find(x, y).rounded(), (s to t).rounded())
            }
        }
    }

    @Test
    fun `filling cuts off what is beyond, fitting leaves bars, and neither changes the shape of things`() {
        val four = view(PictureSize(1440, 1080), Scaling.FILL)
        assertNear(four.framing(PictureSize(1280, 720)).find(0f, 0f), 0f, 0.125f)
        assertNear(four.framing(PictureSize(1280, 720)).find(1f, 1f), 1f, 0.875f)
        val fitted = view(PictureSize(1440, 1080), Scaling.FIT).framing(PictureSize(1280, 720))
        assertNear(fitted.find(0.125f, 0f), 0f, 0f)
        assertTrue(fitted.find(0f, 0f).first < 0, "a bar")
    }

    @Test
    fun `a phone that is laid on its side in an upright broadcast shows all, one whose camera is squarer fills`() {
        val lens = lens(Facing.BACK, Turn.QUARTER)
        val aside = CameraView(Incoming.raw(lens, sensor), Turn.THREE_QUARTERS).framing(PictureSize(720, 1280))
        assertTrue(aside.find(0.5f, 0f).second < 0, "bars below and above")
        assertNear(aside.find(0f, 0.5f), 0f, 0.5f)
        assertNear(aside.find(1f, 0.5f), 1f, 0.5f)
        val squarer = view(PictureSize(1440, 1080), Scaling.FILL_OR_FIT).framing(PictureSize(1280, 720))
        assertNear(squarer.find(0f, 0f), 0f, 0.125f)
    }

    @Test
    fun `a phone held askew or laid flat counts as before`() {
        val sense = OrientationSense()
        val held = listOf(10, 40, 59, 61, 100, -1, 50, 31, 29, 330, 300, 271, 181)
        val turns = held.map { sense.sense(it); sense.turn }
        val expected = List(3) { Turn.NONE } + List(5) { Turn.QUARTER } + List(2) { Turn.NONE } +
            List(2) { Turn.THREE_QUARTERS } + Turn.HALF
        assertEquals(expected, turns)
        assertEquals(listOf(Turn.NONE, Turn.THREE_QUARTERS, Turn.HALF), listOf(359, -90, 540).map(Turn::ofDegrees))
    }

    private fun view(size: PictureSize, scaling: Scaling) =
        CameraView(Incoming(size, Turn.NONE, false, Facing.BACK), Turn.NONE, scaling)

    private fun cases() = Turn.entries.flatMap { device ->
        listOf(Facing.BACK, Facing.FRONT).flatMap { facing -> listOf(false, true).map { Triple(device, facing, it) } }
    }

    /**
     * Where the sensor has what viewers are to see at a point. The sensor is fixed in the device: turned by
     * hand from device's picture, step by step, instead of by a matrix.
     */
    private fun onSensor(seen: Pair<Float, Float>, lens: Lens, device: Turn): Pair<Float, Float> {
        // A device turned clockwise, seen from its screen, is turned anticlockwise seen by a front camera.
        val turned = if (lens.facing == Facing.FRONT) lens.sensorTurn - device else lens.sensorTurn + device
        var point = seen
        repeat(turned.degrees / 90) { point = 1 - point.second to point.first }
        return point
    }

    private fun assertFound(lens: Lens, device: Turn, isMirrored: Boolean, expected: List<Pair<Float, Float>>) {
        val view = CameraView(Incoming.raw(lens, sensor), device, isMirrored = isMirrored)
        val framing = view.framing(sensor.shapedFor(device))
        assertEquals(expected.map { it.rounded() }, CORNERS.map { framing.find(it).rounded() }, "$device ${lens.facing}")
    }

    private fun lens(facing: Facing, turn: Turn) = Lens("0", facing, turn, listOf(sensor), listOf(30..30))

    private fun Framing.find(point: Pair<Float, Float>) = find(point.first, point.second)

    private fun Pair<Float, Float>.mirrored() = 1 - first to second

    private fun Pair<Float, Float>.rounded() = (first * 1_000).roundToInt() to (second * 1_000).roundToInt()

    private fun String.pairs() = split(' ').map { (it[0] - '0').toFloat() to (it[1] - '0').toFloat() }

    private fun assertNear(found: Pair<Float, Float>, x: Float, y: Float) =
        assertEquals((x to y).rounded(), found.rounded())

    private companion object {
        val CORNERS = listOf(0f to 0f, 1f to 0f, 0f to 1f, 1f to 1f)
    }
}
