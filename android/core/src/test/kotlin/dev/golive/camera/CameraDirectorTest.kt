package dev.golive.camera

import dev.golive.codec.FakeClocks
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class CameraDirectorTest {
    private val clocks = FakeClocks()
    private val alarms = FakeAlarms(clocks)
    private val cameras = FakeCameras()
    private val heard = mutableListOf<String>()
    private val director = CameraDirector(cameras, { it.run() }, alarms.make(), clocks, Watcher())

    @Test
    fun `a camera that opens after nobody wants it any more is closed at once`() {
        cameras.isSlow = true
        open()
        director.close()
        assertEquals(null, cameras.openId)
        cameras.finishOpening()
        assertEquals(listOf("open 0 1280x720", "close 0"), cameras.told)
        assertEquals(null, cameras.openId)
    }

    @Test
    fun `who changes their mind while a camera opens gets the last one, and no other stays open`() {
        cameras.isSlow = true
        open()
        director.switchFacing()
        director.switchFacing()
        director.switchFacing()
        cameras.finishOpening()
        assertEquals("1", cameras.openId)
        assertEquals(4, cameras.told.count { it.startsWith("open") })
        assertEquals(3, cameras.told.count { it.startsWith("close") })
        director.close()
        assertEquals(null, cameras.openId)
    }

    @Test
    fun `a camera that another app has is looked for, less and less often, and found at once when it is free`() {
        open()
        pass(seconds = 1)
        cameras.take()
        assertEquals("lost: another app took the camera", heard.last())
        assertTrue(director.state.value.isLost)
        val before = tries()
        pass(seconds = 60)
        assertTrue(tries() - before in 9..12, "${tries() - before}")
        pass(seconds = 3_600)
        assertTrue(tries() - before in 70..90, "looking ends some time: ${tries() - before}")
        cameras.isTaken = false
        director.onCameraFree()
        pass(seconds = 1)
        assertEquals("back", heard.last { it != "picture" })
        assertFalse(director.state.value.isLost)
        assertEquals(1, heard.count { it.startsWith("lost") })
    }

    @Test
    fun `a camera that fails each time is looked for less and less often, though it counts as free each time`() {
        cameras.isBroken = true
        open()
        // The system says so as soon as the one that failed is closed.
        repeat(600) {
            val before = closes()
            passStep()
            if (closes() > before) director.onCameraFree()
        }
        assertTrue(tries() in 9..13, "${tries()}")
    }

    @Test
    fun `who comes back to the app does not wait for the camera that another one had`() {
        open()
        cameras.take()
        pass(seconds = 20)
        cameras.isTaken = false
        director.lookAgain()
        pass(seconds = 1)
        assertEquals("back", heard.last { it != "picture" })
    }

    @Test
    fun `who gives the camera up for good hears of it when none is open or about to be`() {
        cameras.isSlow = true
        open()
        var isReleased = false
        director.close { isReleased = true }
        assertFalse(isReleased, "one still opens, and has to be closed")
        cameras.finishOpening()
        assertTrue(isReleased)
        assertEquals(null, cameras.openId)
        assertEquals("close 0", cameras.told.last())
    }

    @Test
    fun `a camera that cannot be opened keeps nobody who gives it up waiting, and neither does none`() {
        val released = mutableListOf<String>()
        director.close { released += "none" }
        cameras.isSlow = true
        open()
        director.close { released += "taken" }
        cameras.isTaken = true
        cameras.finishOpening()
        assertEquals(listOf("none", "taken"), released)
    }

    @Test
    fun `one that opens and delivers nothing, or ceases to, counts as gone`() {
        cameras.delivers = false
        open()
        pass(seconds = 6)
        assertEquals("lost: the camera delivers no pictures", heard.last())
        cameras.delivers = true
        pass(seconds = 10)
        assertEquals("back", heard.filterNot { it == "picture" }.last())
        cameras.delivers = false
        pass(seconds = 11)
        assertEquals(2, heard.count { it.startsWith("lost") })
    }

    @Test
    fun `torch and zoom stay within what each lens can, and are kept for it`() {
        open()
        director.setTorch(true)
        director.setZoom(100f)
        assertEquals(true to 8f, director.state.value.let { it.isTorchOn to it.zoom })
        director.switchFacing()
        director.setTorch(true)
        director.setZoom(0.1f)
        assertEquals(false to 1f, director.state.value.let { it.isTorchOn to it.zoom }, "there is none")
        director.switchFacing()
        assertEquals(true to 8f, director.state.value.let { it.isTorchOn to it.zoom })
        assertEquals(listOf("torch 0 true", "zoom 0 8.0"), cameras.told.takeLast(2))
        director.setZoom(Float.NaN)
        assertEquals(8f, director.state.value.zoom)
    }

    @Test
    fun `no picture of a lens comes once another takes over`() {
        open()
        pass(seconds = 1)
        director.switchFacing()
        val since = heard.drop(heard.lastIndexOf("pausing"))
        pass(seconds = 1)
        assertEquals(listOf("pausing"), since)
        assertEquals("1", cameras.openId)
    }

    @Test
    fun `what is given up is not looked for, unless it is lost`() {
        open()
        director.rest()
        assertEquals(null, cameras.openId)
        pass(seconds = 60)
        assertEquals(1, tries())
        open()
        cameras.take()
        director.rest()
        cameras.isTaken = false
        pass(seconds = 2)
        assertEquals("back", heard.last { it != "picture" })
    }

    @Test
    fun `a camera that delivers too little for what comes is opened anew, and one that suffices is not`() {
        open()
        director.open(PictureSize(960, 540), 15)
        assertEquals(1, tries())
        director.open(PictureSize(1080, 1920), 30)
        assertEquals(listOf("close 0", "open 0 1920x1080"), cameras.told.filterNot { "zoom" in it || "torch" in it }.takeLast(2))
    }

    @Test
    fun `the size and the rate that are asked of a lens`() {
        val lens = BACK.copy(
            sizes = listOf(PictureSize(4000, 3000), PictureSize(1920, 1440), PictureSize(1920, 1088), PictureSize(1280, 960), PictureSize(640, 480)),
            rates = listOf(15..15, 7..30, 15..30, 30..30, 60..60),
        )
        val asked = listOf(
            PictureSize(1280, 720) to 30,
            PictureSize(720, 1280) to 24,
            PictureSize(640, 480) to 60,
            PictureSize(7680, 4320) to 120,
            PictureSize(500, 400) to 10,
        )
        val setups = asked.map { (size, rate) -> lens.setup(size, rate) }.map { "${it.size} ${it.rate}" }
        val expected = listOf("1920x1088 15..30", "1920x1088 15..30", "640x480 60..60", "4000x3000 60..60", "640x480 15..15")
        assertEquals(expected, setups)
        assertEquals(CameraSetup(PictureSize(640, 360), 30..30), lens.copy(sizes = emptyList(), rates = emptyList()).setup(PictureSize(640, 360), 30))
    }

    private fun open() = director.open(PictureSize(1280, 720), 30)

    private fun tries() = cameras.told.count { it.startsWith("open") }

    private fun closes() = cameras.told.count { it.startsWith("close") }

    private fun pass(seconds: Int) = repeat(seconds * 10) { passStep() }

    private fun passStep() {
        alarms.passUntil(clocks.nowUs + 100_000)
        cameras.deliver(clocks.nowUs)
    }

    private inner class Watcher : CameraWatcher {
        override fun onPausing() {
            heard += "pausing"
        }

        override fun onPicture(lens: Lens, setup: CameraSetup, timeUs: Long) {
            heard += "picture"
        }

        override fun onLost(reason: String) {
            heard += "lost: $reason"
        }

        override fun onBack() {
            heard += "back"
        }
    }
}
