"""Starting and stopping leaves nothing behind."""

import asyncio
import gc
import os
import time
from typing import Dict

import golive
from film import FilmEncoder, film
from peers import PATIENCE_S, Scratch, first, small

ROUNDS = 500 if "GOLIVE_LONG" in os.environ else 50


class LeakTest(Scratch):
    def test_fifty_starts_and_stops_leave_no_thread_and_no_socket(self) -> None:
        ingest = self.ingest()
        pictures = film(self.folder)

        async def once(number: int) -> None:
            encoder = FilmEncoder(pictures) if number % 2 else None
            async with golive.on_air(small(ingest.url), encoder=encoder) as broadcast:
                await first(broadcast, golive.EventKind.LIVE)

        # What a process has once and keeps is there after the first two.
        for number in range(2):
            asyncio.run(once(number))
        before = held()
        for number in range(ROUNDS):
            asyncio.run(once(number))
        self.assertEqual(self.left_since(before), {})
        # Those that were over before anything was carried are none to the ingest.
        begun = len(ingest.told("broadcast_started"))
        ingest.wait_for("broadcast_stopped", begun)
        self.assertGreater(begun, 0)

    def test_nor_do_blocking_ones_and_starts_that_fail(self) -> None:
        ingest = self.ingest()

        def no_keys() -> golive.Access:
            raise LookupError("signed out")

        def once() -> None:
            with golive.on_air_blocking(small(ingest.url)) as broadcast:
                next(broadcast.events())
            with self.assertRaises(golive.GoliveError):
                with golive.on_air_blocking(small(ingest.url), credentials=no_keys):
                    self.fail("it went on air")

        once()
        before = held()
        for _ in range(10):
            once()
        self.assertEqual(self.left_since(before), {})

    def left_since(self, before: Dict[str, int]) -> Dict[str, int]:
        """What is held more than then, once what ends by itself has ended."""
        until = time.monotonic() + PATIENCE_S
        while True:
            left = {kind: count - before.get(kind, 0) for kind, count in held().items()}
            left = {kind: more for kind, more in left.items() if more > 0}
            if not left or time.monotonic() > until:
                return left
            time.sleep(0.1)


def held() -> Dict[str, int]:
    """How many threads this process has, and open files of which kinds."""
    gc.collect()
    counts = {"threads": len(os.listdir("/proc/self/task"))}
    for number in os.listdir("/proc/self/fd"):
        try:
            kind = os.readlink(f"/proc/self/fd/{number}").partition(":")[0]
        except FileNotFoundError:
            # The one that listed them.
            continue
        counts[kind] = counts.get(kind, 0) + 1
    return counts
