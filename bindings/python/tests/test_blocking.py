"""A broadcast without asyncio."""

import asyncio
import threading
import time
from typing import Any, List

import golive
from peers import Scratch, free_port, small


class BlockingTest(Scratch):
    def test_a_plain_block_is_on_air_and_ends(self) -> None:
        ingest = self.ingest()
        with golive.on_air_blocking(small(ingest.url)) as broadcast:
            time.sleep(1)
            self.assertIs(broadcast.health().state, golive.BroadcastState.LIVE)
            self.assertGreater(broadcast.health().video_frames, 10)
        self.assertIs(broadcast.health().state, golive.BroadcastState.ENDED)
        self.assertIn("closed", ingest.wait_for("broadcast_stopped")["cause"])
        with self.assertRaises(golive.GoliveError) as caught:
            broadcast.stop()
        self.assertIs(caught.exception.kind, golive.ErrorKind.ENDED)

    def test_events_are_waited_for_no_longer_than_asked_and_none_is_missed(self) -> None:
        with golive.on_air_blocking(small(self.ffmpeg().url)) as broadcast:
            events = broadcast.events(timeout_s=0.3)
            with self.assertRaisesRegex(TimeoutError, "nothing happened for 0.3 s"):
                for event in events:
                    self.assertFalse(event.kind.is_ended())
            broadcast.set(golive.Change.VIDEO_BITRATE(bits_per_second=300_000))
            self.assertIsInstance(next(events).kind, golive.EventKind.TARGET_CHANGED)
            broadcast.stop()
            self.assertIsInstance(list(events)[-1].kind, golive.EventKind.ENDED)

    def test_another_thread_reads_events_meanwhile(self) -> None:
        kinds: List[Any] = []
        with golive.on_air_blocking(small(self.ffmpeg().url)) as broadcast:

            def read() -> None:
                kinds.extend(event.kind for event in broadcast.events())

            reader = threading.Thread(target=read)
            reader.start()
            broadcast.stop()
            reader.join()
        self.assertTrue(kinds[0].is_connecting(), kinds)
        self.assertTrue(kinds[-1].is_ended(), kinds)

    def test_why_it_cannot_go_on_air_comes_out_of_the_block(self) -> None:
        def no_keys() -> golive.Access:
            raise LookupError("signed out")

        config = small(f"srt://127.0.0.1:{free_port()}")
        with self.assertRaisesRegex(golive.GoliveError, "signed out"):
            with golive.on_air_blocking(config, credentials=no_keys):
                self.fail("it went on air")

    async def test_it_can_be_used_where_asyncio_runs(self) -> None:
        def on_air() -> int:
            with golive.on_air_blocking(small(ingest.url)) as broadcast:
                time.sleep(0.5)
                return broadcast.health().video_frames

        ingest = self.ingest()
        frames = await asyncio.get_running_loop().run_in_executor(None, on_air)
        self.assertGreater(frames, 3)
        self.assertGreater(on_air(), 3, "even on the loop's own thread")
