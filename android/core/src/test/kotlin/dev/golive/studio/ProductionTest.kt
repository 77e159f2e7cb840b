package dev.golive.studio

import dev.golive.Change
import dev.golive.Heat
import dev.golive.HeardSound
import dev.golive.InterruptionCause
import dev.golive.InterruptionInput
import dev.golive.InterruptionPolicy
import dev.golive.InterruptionResponse
import dev.golive.InterruptionStep
import dev.golive.ShownPicture
import dev.golive.androidInterruptions
import dev.golive.camera.Facing
import dev.golive.camera.OrientationRules
import dev.golive.camera.PictureSize
import dev.golive.camera.Shape
import dev.golive.camera.Turn
import dev.golive.codec.target
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking

class ProductionTest {
    @Test
    fun `a phone held upright makes an upright picture, which stays so when the phone is turned`() = Rehearsal().use { phone ->
        phone.pass(1_000)
        assertEquals("start 720x1280 2000000", phone.codecs.made.single().told.first())
        phone.turn(Turn.THREE_QUARTERS)
        phone.pass(1_000)
        assertEquals(1, phone.codecs.made.size, "viewers keep their picture's size")
        assertEquals(PictureSize(1280, 720), phone.stage.views.last().uprightSize, "and see the world upright in it")
        phone.production.setTarget(target(width = 960u, height = 540u))
        assertEquals("start 540x960 2000000", phone.codecs.made.last().told.first())
    }

    @Test
    fun `one held on its side makes a wide one, and the shape turns with the phone if that is declared`() {
        Rehearsal(orientation = OrientationRules(shape = Shape.TURNS), held = Turn.QUARTER).use { phone ->
            phone.pass(1_000)
            phone.turn(Turn.NONE)
            phone.pass(1_000)
            val begun = phone.codecs.made.map { it.told.first().split(' ')[1] }
            assertEquals(listOf("1280x720", "720x1280"), begun)
            phone.steadySince(0)
        }
        Rehearsal(orientation = OrientationRules(lockedTo = Turn.NONE), held = Turn.QUARTER).use { phone ->
            phone.pass(100)
            phone.turn(Turn.HALF)
            phone.pass(100)
            assertEquals(setOf(Turn.NONE), phone.stage.views.map { it.deviceTurn }.toSet())
        }
    }

    @Test
    fun `from back to front while live, pictures go on, on one timeline and through one codec`() = Rehearsal().use { phone ->
        phone.pass(1_000)
        phone.cameras.isSlow = true
        val switchedUs = phone.clocks.nowUs
        phone.director.switchFacing()
        phone.pass(900)
        assertEquals(ShownPicture.LAST_FRAME, phone.shown)
        phone.cameras.finishOpening()
        phone.pass(1_000)
        assertEquals(ShownPicture.CAMERA, phone.shown)
        assertEquals(Facing.FRONT, phone.stage.views.last().incoming.facing)
        phone.steadySince(switchedUs)
        assertEquals(listOf("start 720x1280 2000000"), phone.codecs.made.single().told)
        assertEquals(emptyList(), phone.sink.devices, "no camera was lost")
    }

    @Test
    fun `a camera that stalls holds its picture, and pictures come at the usual rate meanwhile`() = Rehearsal().use { phone ->
        phone.pass(1_000)
        val fromUs = phone.clocks.nowUs
        phone.cameras.delivers = false
        phone.pass(2_500)
        assertEquals(ShownPicture.LAST_FRAME, phone.shown)
        phone.cameras.delivers = true
        phone.pass(1_000)
        assertEquals(ShownPicture.CAMERA, phone.shown)
        assertTrue(phone.sink.pictures.count { it.timeUs > fromUs } > 80)
    }

    @Test
    fun `a codec that throws is replaced, and one that stops delivering is noticed by what was captured`() = Rehearsal().use { phone ->
        phone.pass(1_000)
        phone.codecs.made.single().refuse("bitrate")
        phone.production.setTarget(target(bitrate = 500_000u))
        assertEquals(listOf("no bitrate 500000"), phone.sink.failures)
        phone.pass(1_500)
        assertEquals("start 720x1280 500000", phone.codecs.made[1].told.first())
        phone.steadySince(phone.clocks.nowUs - 500_000)
        phone.stage.codecDelivers = false
        val (captured, delivered) = phone.sink.captured.first to phone.sink.pictures.size
        phone.pass(1_000)
        assertTrue(phone.sink.captured.first - captured > 25u)
        assertEquals(delivered, phone.sink.pictures.size)
        phone.stage.codecDelivers = true
        phone.production.restart()
        phone.pass(1_000)
        assertEquals(3, phone.codecs.made.size)
        phone.steadySince(phone.clocks.nowUs - 500_000)
    }

    @Test
    fun `a call closes the microphone at once, holds the picture, then shows a slate, and all comes back`() = Rehearsal().use { phone ->
        assertTrue(phone.hears(isLoud = true))
        val calledUs = phone.clocks.nowUs
        phone.interruptions.began(InterruptionCause.CALL)
        assertEquals(0, phone.microphones.open)
        phone.pass(1_000)
        assertEquals(ShownPicture.LAST_FRAME, phone.shown)
        phone.pass(2_000)
        assertEquals(ShownPicture.SLATE, phone.shown)
        assertTrue(phone.hears(isLoud = false))
        assertEquals(0, phone.microphones.open)
        phone.pass(5_000)
        phone.steadySince(calledUs)
        phone.interruptions.ended(InterruptionCause.CALL)
        phone.pass(1_500)
        assertEquals(ShownPicture.CAMERA, phone.shown)
        assertTrue(phone.hears(isLoud = true))
        phone.steadySince(calledUs)
        assertContains(phone.codecs.made.single().told, "sync")
        val notice = runBlocking { phone.production.notices.first() }
        assertContains(notice.sentence, "call")
    }

    @Test
    fun `muted by the person, it is silent after a call, too`() = Rehearsal().use { phone ->
        phone.production.setMuted(true)
        phone.interruptions.began(InterruptionCause.CALL)
        phone.pass(100)
        phone.interruptions.ended(InterruptionCause.CALL)
        phone.pass(2_000)
        assertTrue(phone.hears(isLoud = false))
        phone.production.setMuted(false)
        assertTrue(phone.hears(isLoud = true))
    }

    @Test
    fun `in the background it carries on`() = Rehearsal().use { phone ->
        phone.pass(1_000)
        phone.interruptions.began(InterruptionCause.BACKGROUND)
        phone.pass(60_000)
        assertEquals(ShownPicture.CAMERA, phone.shown)
        phone.steadySince(0)
    }

    @Test
    fun `where the background shows nothing the camera is given up, and opened when it is over`() {
        val nothing = InterruptionResponse.Show(ShownPicture.NOTHING, HeardSound.MICROPHONE)
        val rules = androidInterruptions().copy(
            background = InterruptionPolicy(nothing, emptyList()),
            backgroundTakesCamera = true,
            backgroundTakesEncoder = true,
        )
        Rehearsal(rules).use { phone ->
            phone.pass(1_000)
            phone.interruptions.began(InterruptionCause.BACKGROUND)
            assertEquals(null, phone.cameras.openId)
            val before = phone.sink.pictures.size
            phone.pass(30_000)
            assertEquals(before, phone.sink.pictures.size)
            phone.interruptions.ended(InterruptionCause.BACKGROUND)
            phone.pass(1_500)
            assertEquals(ShownPicture.CAMERA, phone.shown)
            assertEquals(2, phone.codecs.made.size, "the system took the other one")
            phone.steadySince(phone.clocks.nowUs - 300_000)
        }
    }

    @Test
    fun `a camera that another app takes leaves its last picture, then a slate, and is shown when it delivers again`() = Rehearsal().use { phone ->
        phone.pass(1_000)
        val takenUs = phone.clocks.nowUs
        phone.cameras.take()
        phone.pass(1_000)
        assertEquals(ShownPicture.LAST_FRAME, phone.shown)
        phone.pass(10_000)
        assertEquals(ShownPicture.SLATE, phone.shown)
        assertEquals(listOf("lost camera: another app took the camera"), phone.sink.devices)
        phone.cameras.isTaken = false
        phone.director.lookAgain()
        phone.pass(1_500)
        assertEquals(ShownPicture.CAMERA, phone.shown)
        assertEquals("back camera", phone.sink.devices.last())
        phone.steadySince(takenUs)
        assertTrue(phone.hears(isLoud = true))
    }

    @Test
    fun `a broadcast may begin while another app has the camera`() = Rehearsal(isCameraTaken = true).use { phone ->
        phone.pass(5_000)
        assertEquals(ShownPicture.SLATE, phone.shown)
        // There was no camera by whose delay to go.
        phone.steadySince(0, mostApartMs = 80)
        phone.cameras.isTaken = false
        phone.director.lookAgain()
        phone.pass(2_000)
        assertEquals(ShownPicture.CAMERA, phone.shown)
        assertEquals(listOf("lost camera: it is not there yet", "back camera"), phone.sink.devices)
    }

    @Test
    fun `a camera that is lost while nothing is shown is still looked for, and let go of once it is back`() {
        val nothing = InterruptionResponse.Show(ShownPicture.NOTHING, HeardSound.MICROPHONE)
        val rules = androidInterruptions().copy(
            background = InterruptionPolicy(nothing, emptyList()),
            backgroundTakesCamera = true,
            cameraLost = InterruptionPolicy(nothing, emptyList()),
        )
        Rehearsal(rules).use { phone ->
            phone.pass(1_000)
            phone.cameras.take()
            phone.interruptions.began(InterruptionCause.BACKGROUND)
            phone.pass(1_000)
            phone.cameras.isTaken = false
            phone.pass(10_000)
            assertEquals(null, phone.cameras.openId, "nobody looks")
            phone.interruptions.ended(InterruptionCause.BACKGROUND)
            phone.pass(1_500)
            assertEquals(ShownPicture.CAMERA, phone.shown)
        }
    }

    @Test
    fun `heat asks for less, takes the camera at last, and gives all back when the phone has cooled`() = Rehearsal().use { phone ->
        phone.interruptions.handle(InterruptionInput.Thermal(Heat.SERIOUS))
        assertEquals(listOf(Change.VideoBitrate(1_200_000u), Change.Size(960u, 540u)), phone.asked)
        phone.interruptions.handle(InterruptionInput.Thermal(Heat.CRITICAL))
        assertContains(phone.asked, Change.FrameRate(15u))
        phone.pass(62_000)
        assertEquals(ShownPicture.NOTHING to null, phone.shown to phone.cameras.openId)
        phone.interruptions.handle(InterruptionInput.Thermal(Heat.NOMINAL))
        phone.pass(62_000)
        assertEquals(ShownPicture.CAMERA to "0", phone.shown to phone.cameras.openId)
        assertContains(phone.asked.takeLast(3), Change.VideoBitrate(2_000_000u))
    }

    @Test
    fun `what the app asks for while the battery is low is limited, too, and all of it comes when it is not`() = Rehearsal().use { phone ->
        phone.interruptions.began(InterruptionCause.LOW_POWER)
        assertEquals(listOf<Change>(Change.VideoBitrate(1_500_000u)), phone.asked)
        phone.broadcast.set(Change.VideoBitrate(4_000_000u))
        assertEquals(Change.VideoBitrate(3_000_000u), phone.asked.last())
        phone.broadcast.set(Change.Keyframe)
        phone.interruptions.ended(InterruptionCause.LOW_POWER)
        phone.pass(1_500)
        assertEquals(listOf(Change.Keyframe, Change.VideoBitrate(4_000_000u)), phone.asked.takeLast(2))
    }

    @Test
    fun `a microphone that is gone leaves the camera, and is heard when it is back`() = Rehearsal().use { phone ->
        assertTrue(phone.hears(isLoud = true))
        phone.microphones.isThere = false
        assertTrue(phone.hears(isLoud = false))
        assertEquals(ShownPicture.CAMERA, phone.shown)
        assertEquals(listOf("lost microphone: unplugged"), phone.sink.devices)
        phone.microphones.isThere = true
        assertTrue(phone.hears(isLoud = true))
        assertEquals("back microphone", phone.sink.devices.last())
    }

    @Test
    fun `a call that nobody ends stops the broadcast, if that is what was declared`() {
        val slate = InterruptionResponse.Show(ShownPicture.SLATE, HeardSound.RELEASED)
        val stop = InterruptionStep(60_000u, InterruptionResponse.Stop)
        Rehearsal(androidInterruptions().copy(call = InterruptionPolicy(slate, listOf(stop)))).use { phone ->
            phone.interruptions.began(InterruptionCause.CALL)
            phone.pass(59_000)
            assertEquals(false, phone.isCancelled)
            phone.pass(2_000)
            assertTrue(phone.isCancelled)
        }
    }

    @Test
    fun `a preview has its camera when a broadcast ends that showed nothing`() {
        val nothing = InterruptionResponse.Show(ShownPicture.NOTHING, HeardSound.MICROPHONE)
        val rules = androidInterruptions().copy(background = InterruptionPolicy(nothing, emptyList()))
        val phone = Rehearsal(rules, hasPreview = true)
        phone.pass(1_000)
        phone.interruptions.began(InterruptionCause.BACKGROUND)
        phone.pass(1_000)
        assertEquals(null, phone.cameras.openId)
        phone.close()
        phone.pass(1_000)
        assertEquals("0" to ShownPicture.CAMERA, phone.cameras.openId to phone.shown)
    }

    @Test
    fun `a broadcast that ends late leaves pictures and camera to the next one`() = Rehearsal().use { phone ->
        phone.pass(1_000)
        val next = phone.beginNext()
        phone.pass(500)
        phone.production.stop()
        val stoppedUs = phone.clocks.nowUs
        phone.pass(1_000)
        assertEquals("0" to ShownPicture.CAMERA, phone.cameras.openId to phone.shown)
        phone.steadySince(stoppedUs)
        next.stop()
        assertEquals(null, phone.cameras.openId)
    }

    @Test
    fun `the camera is free when the broadcast has ended`() {
        val phone = Rehearsal()
        phone.pass(1_000)
        phone.close()
        assertEquals(null to 0, phone.cameras.openId to phone.microphones.open)
        assertEquals("release", phone.codecs.made.single().told.last())
    }
}
