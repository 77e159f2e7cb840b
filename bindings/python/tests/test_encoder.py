"""A script's own encoder."""

import asyncio
import threading
import time
import traceback

import golive
from film import FilmEncoder, film, h265_film
from peers import Scratch, first, small


class EncoderTest(Scratch):
    async def test_what_it_produces_is_decoded_without_a_fault(self) -> None:
        ffmpeg = self.ffmpeg()
        encoder = FilmEncoder(film(self.folder))
        async with golive.on_air(small(ffmpeg.url), encoder=encoder) as broadcast:
            await asyncio.sleep(2)
            broadcast.set(golive.Change.KEYFRAME())
            broadcast.set(golive.Change.VIDEO_BITRATE(bits_per_second=400_000))
            broadcast.set(golive.Change.MUTED(muted=True))
            await asyncio.sleep(1)
        self.assertEqual(encoder.told[0], "start")
        self.assertEqual(encoder.told[-1], "stop", "it is stopped before the block is over")
        self.assertLessEqual({"keyframe", "target 400000", "muted True"}, set(encoder.told))
        self.assertEqual(len(encoder.threads), 1, "one thread of the broadcast's own")
        self.assertNotIn(threading.get_ident(), encoder.threads)
        ffmpeg.finish()
        self.assertGreater(ffmpeg.packets()["h264"], 60)
        self.assertEqual(ffmpeg.faults(), "")

    async def test_what_it_produces_may_be_h265(self) -> None:
        ffmpeg = self.ffmpeg()
        encoder = FilmEncoder(h265_film(self.folder))
        program = golive.Program(video_codec=golive.VideoCodec.H265)
        async with golive.on_air(small(ffmpeg.url), encoder=encoder, program=program) as broadcast:
            await asyncio.sleep(1)
            broadcast.set(golive.Change.KEYFRAME())
            await asyncio.sleep(1)
        ffmpeg.finish()
        self.assertGreater(ffmpeg.packets()["hevc"], 40)
        self.assertEqual(ffmpeg.faults(), "")

    async def test_what_a_method_raises_becomes_an_event_and_keeps_nobody_waiting(self) -> None:
        asked = threading.Event()

        class Raising(FilmEncoder):
            def request_keyframe(self) -> None:
                super().request_keyframe()
                asked.set()
                time.sleep(1.5)
                raise RuntimeError("no key frame today")

        encoder = Raising(film(self.folder))
        async with golive.on_air(small(self.ffmpeg().url), encoder=encoder) as broadcast:
            broadcast.set(golive.Change.KEYFRAME())
            while not asked.is_set():
                await asyncio.sleep(0.01)
            before = broadcast.health().sent_bytes
            await asyncio.sleep(1)
            sent = broadcast.health().sent_bytes - before
            self.assertGreater(sent, 10_000, "while the script was busy")
            failed = await first(broadcast, golive.EventKind.APP_FAILED)
            self.assertIn("no key frame today", failed.reason)
            self.assertIs(broadcast.health().state, golive.BroadcastState.LIVE)
        self.assertEqual(encoder.told[-1], "stop")

    async def test_one_that_does_not_start_ends_the_broadcast_with_its_reason(self) -> None:
        class Broken(FilmEncoder):
            def start(self, sink: golive.FrameSink, target: golive.EncoderTarget) -> None:
                raise OSError("the camera is on fire")

        with self.assertRaises(golive.GoliveError) as caught:
            async with golive.on_air(small(self.ffmpeg().url), encoder=Broken([])):
                self.fail("it went on air")
        self.assertIs(caught.exception.kind, golive.ErrorKind.MEDIA)
        self.assertIn("the camera is on fire", caught.exception.message)
        printed = "".join(traceback.format_exception(None, caught.exception, None))
        self.assertNotIn("GoliveFailure", printed, "what is generated does not show")

    def test_one_that_lacks_a_method_cannot_be_made(self) -> None:
        class Half(golive.Encoder):
            def stop(self) -> None:
                pass

        with self.assertRaisesRegex(TypeError, "abstract"):
            Half()  # type: ignore[abstract]
