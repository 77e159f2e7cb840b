"""A broadcast in asyncio: what it carries, what it tells, and how it ends."""

import asyncio
import time

import golive
from film import FilmEncoder, film
from peers import Scratch, first, free_port, small


class BroadcastTest(Scratch):
    async def test_health_and_events_tell_of_a_broadcast(self) -> None:
        ffmpeg = self.ffmpeg()
        async with golive.on_air(small(ffmpeg.url)) as broadcast:
            live = await first(broadcast, golive.EventKind.LIVE)
            self.assertEqual((live.latency_ms, live.resumed), (120, False))
            await asyncio.sleep(3)
            health = broadcast.health()
            self.assertIs(health.state, golive.BroadcastState.LIVE)
            self.assertGreater(health.video_frames, 50, health)
            self.assertGreater(health.sent_bits_per_second, 200_000, health)
            self.assertIsNotNone(health.round_trip_time_us, health)
        self.assertIs(broadcast.health().state, golive.BroadcastState.ENDED)
        ffmpeg.finish()
        packets = ffmpeg.packets()
        self.assertGreater(packets["h264"], 50, packets)
        self.assertGreater(packets["aac"], 80, packets)
        self.assertEqual(ffmpeg.faults(), "")

    async def test_events_end_with_it_and_can_be_read_again_from_the_beginning(self) -> None:
        broadcast = golive.Broadcast(small(self.ffmpeg().url))
        self.assertIs(broadcast.health().state, golive.BroadcastState.PREPARED)
        await broadcast.start()
        summary = await broadcast.stop()
        self.assertIs(summary.cause, golive.Ended.STOPPED)
        self.assertEqual(await broadcast.stop(), summary, "stopping twice says the same")
        for _ in range(2):
            kinds = [event.kind async for event in broadcast.events()]
            self.assertIsInstance(kinds[0], golive.EventKind.CONNECTING, kinds)
            self.assertEqual(kinds[-1], golive.EventKind.ENDED(golive.Ended.STOPPED), kinds)

    async def test_whoever_waits_for_an_event_in_vain_misses_none(self) -> None:
        async with golive.on_air(small(self.ffmpeg().url)) as broadcast:
            events = broadcast.events()
            before = []
            with self.assertRaises(asyncio.TimeoutError):
                while True:
                    before.append(await asyncio.wait_for(events.__anext__(), 0.3))
            self.assertTrue(any(event.kind.is_live() for event in before), before)
            broadcast.set(golive.Change.VIDEO_BITRATE(bits_per_second=300_000))
            kind = (await asyncio.wait_for(events.__anext__(), 5)).kind
            assert isinstance(kind, golive.EventKind.TARGET_CHANGED), kind
            self.assertEqual(kind.target.video_bits_per_second, 300_000)

    async def test_a_slate_and_silence_come_and_go_while_it_is_on_air(self) -> None:
        ffmpeg = self.ffmpeg()
        async with golive.on_air(small(ffmpeg.url)) as broadcast:
            await asyncio.sleep(1.5)
            for picture in (golive.ShownPicture.SLATE, golive.ShownPicture.LAST_FRAME):
                broadcast.set(golive.Change.SHOW(picture=picture))
                broadcast.set(golive.Change.HEAR(sound=golive.HeardSound.RELEASED))
                await asyncio.sleep(1.5)
                broadcast.set(golive.Change.SHOW(picture=golive.ShownPicture.CAMERA))
                broadcast.set(golive.Change.HEAR(sound=golive.HeardSound.MICROPHONE))
                await asyncio.sleep(1.5)
            with self.assertRaises(golive.GoliveError) as caught:
                broadcast.set(golive.Change.TORCH(is_on=True))
            self.assertIn("no torch", caught.exception.message)
        ffmpeg.finish()
        self.assertEqual(ffmpeg.stills(1.0), 2)
        self.assertEqual(ffmpeg.faults(), "")

    async def test_a_change_that_makes_no_sense_is_a_typed_error(self) -> None:
        async with golive.on_air(small(self.ffmpeg().url)) as broadcast:
            with self.assertRaises(golive.GoliveError) as caught:
                broadcast.set(golive.Change.FRAME_RATE(frames_per_second=1_000))
            self.assertIs(caught.exception.kind, golive.ErrorKind.CONFIGURATION)
            self.assertIn("1 to 240", caught.exception.message)


class EndTest(Scratch):
    async def test_cancelling_the_task_stops_it_and_the_ingest_is_told(self) -> None:
        ingest = self.ingest()
        live = asyncio.Event()
        broadcasts = []

        async def until_cancelled() -> None:
            async with golive.on_air(small(ingest.url)) as broadcast:
                broadcasts.append(broadcast)
                live.set()
                await asyncio.sleep(600)

        task = asyncio.ensure_future(until_cancelled())
        await asyncio.wait_for(live.wait(), 10)
        ingest.wait_for("broadcast_started")
        await asyncio.sleep(1)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
        self.assertIs(broadcasts[0].health().state, golive.BroadcastState.ENDED)
        stopped = ingest.wait_for("broadcast_stopped")
        self.assertIn("closed", stopped["cause"], "it need not find out by itself")
        self.assertGreater(stopped["bytes_received"], 5_000)

    async def test_an_exception_in_the_block_ends_it_and_comes_out(self) -> None:
        ingest = self.ingest()
        with self.assertRaisesRegex(ZeroDivisionError, "by zero"):
            async with golive.on_air(small(ingest.url)) as broadcast:
                ingest.wait_for("broadcast_started")
                print(1 // 0)
        self.assertIs(broadcast.health().state, golive.BroadcastState.ENDED)
        ingest.wait_for("broadcast_stopped")

    async def test_cancelling_it_twice_still_waits_until_its_devices_are_released(self) -> None:
        ingest = self.ingest()

        class Slow(FilmEncoder):
            def stop(self) -> None:
                time.sleep(0.5)
                super().stop()

        encoder = Slow(film(self.folder))

        async def until_cancelled() -> None:
            async with golive.on_air(small(ingest.url), encoder=encoder):
                await asyncio.sleep(600)

        task = asyncio.ensure_future(until_cancelled())
        while not ingest.told("broadcast_started"):
            await asyncio.sleep(0.05)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0.1)
        with self.assertRaises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
        self.assertEqual(encoder.told[-1], "stop")
        self.assertIn("closed", ingest.wait_for("broadcast_stopped")["cause"])

    async def test_cancelling_a_start_that_nobody_answers_returns_at_once(self) -> None:
        async def never_live() -> None:
            async with golive.on_air(small(f"srt://127.0.0.1:{free_port()}")):
                self.fail("nobody is there")

        task = asyncio.ensure_future(never_live())
        await asyncio.sleep(0.5)
        self.assertFalse(task.done())
        before = time.monotonic()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertLess(time.monotonic() - before, 3)
