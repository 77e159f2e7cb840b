package dev.golive.testing

import dev.golive.EncoderTarget
import dev.golive.HeardSound
import dev.golive.InterruptionCause
import dev.golive.ShownPicture
import dev.golive.androidInterruptions
import dev.golive.camera.CameraDirector
import dev.golive.camera.CameraSetup
import dev.golive.camera.CameraWatcher
import dev.golive.camera.Facing
import dev.golive.camera.Lens
import dev.golive.camera.PictureSize
import dev.golive.codec.Interruptions
import dev.golive.codec.VideoEncoder
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest

class FakesTest {
    @Test
    fun `an app's own interruptions escalate in virtual time`() = runTest {
        val clocks = VirtualClocks(testScheduler)
        val stage = FakeStage()
        val interruptions = Interruptions(androidInterruptions(), clocks, VirtualAlarm(this, clocks), stage)
        interruptions.began(InterruptionCause.CALL)
        assertEquals(ShownPicture.LAST_FRAME to HeardSound.RELEASED, stage.shown to stage.heard)
        delay(3.seconds)
        assertEquals(ShownPicture.SLATE, stage.shown)
        interruptions.ended(InterruptionCause.CALL)
        delay(2.seconds)
        assertEquals(ShownPicture.CAMERA to HeardSound.MICROPHONE, stage.shown to stage.heard)
        assertTrue(stage.keyframes > 0 && stage.sentences.isNotEmpty())
        interruptions.close()
    }

    @Test
    fun `a codec that fails is replaced, and its pictures keep to one timeline`() = runTest {
        val clocks = VirtualClocks(testScheduler)
        val (codecs, sink) = FakeCodecs() to FakeSink(clocks)
        val encoder = VideoEncoder(codecs, clocks, keyframeIntervalMs = 2_000)
        encoder.start(sink, EncoderTarget(2_000_000u, 30u, 1280u, 720u, 128_000u))
        val codec = codecs.made.single()
        codec.deliver(byteArrayOf(0, 0, 0, 1, 0x65), clocks.monotonicUs(), isKey = true)
        assertEquals(0, sink.pictures.single().timeUs)
        assertEquals(2_000_000, codec.bitsPerSecond)
        encoder.setTarget(EncoderTarget(2_000_000u, 30u, 640u, 360u, 128_000u))
        assertTrue(codec.isReleased, "another size is another codec")
        delay(1.seconds)
        codecs.made.last().deliver(byteArrayOf(0, 0, 0, 1, 0x65), clocks.monotonicUs(), isKey = true)
        assertEquals(1_000_000, sink.pictures.last().timeUs)
        encoder.stop()
    }

    @Test
    fun `a camera that another app takes is looked for in virtual time, and found when it is given back`() = runTest {
        val clocks = VirtualClocks(testScheduler)
        val cameras = FakeCameras()
        val heard = mutableListOf<String>()
        val watcher = object : CameraWatcher {
            override fun onPausing() = Unit

            override fun onPicture(lens: Lens, setup: CameraSetup, timeUs: Long) = Unit

            override fun onLost(reason: String) {
                heard += "lost"
            }

            override fun onBack() {
                heard += "back"
            }
        }
        val director = CameraDirector(cameras, { it.run() }, VirtualAlarm(this, clocks), clocks, watcher)
        director.open(PictureSize(1280, 720), framesPerSecond = 30)
        cameras.deliver(clocks.monotonicUs())
        assertEquals(FakeCameras.BACK, cameras.openLens)
        cameras.take()
        assertEquals(null, cameras.openLens)
        delay(20.seconds)
        assertTrue(cameras.attempts > 2, "it is looked for")
        cameras.giveBack()
        delay(30.seconds)
        cameras.deliver(clocks.monotonicUs())
        assertEquals(listOf("lost", "back"), heard)
        director.use(Facing.FRONT)
        assertEquals(FakeCameras.FRONT, cameras.openLens)
        director.close()
        assertEquals(null, cameras.openLens)
    }
}
