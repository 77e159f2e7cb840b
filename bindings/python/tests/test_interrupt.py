"""Ctrl-C ends a script's broadcast as properly as its end would."""

import os
import pathlib
import signal
import subprocess
import sys
import time

from peers import PATIENCE_S, Scratch, free_port

ASYNCIO = """
async def main():
    async with golive.on_air(small(sys.argv[1])):
        await asyncio.sleep(600)

asyncio.run(main())
"""

BLOCKING = """
with golive.on_air_blocking(small(sys.argv[1])):
    time.sleep(600)
"""


class InterruptTest(Scratch):
    def test_a_script_with_asyncio_ends_properly(self) -> None:
        self.interrupt(ASYNCIO)

    def test_a_script_without_ends_properly(self) -> None:
        self.interrupt(BLOCKING)

    def test_a_script_that_is_not_live_yet_ends_at_once(self) -> None:
        nobody = f"srt://127.0.0.1:{free_port()}"
        for script in (ASYNCIO, BLOCKING):
            with self.subTest(script):
                started = self.start(script, nobody)
                time.sleep(0.5)
                before = time.monotonic()
                self.assertIn("KeyboardInterrupt", self.interrupted(started))
                self.assertLess(time.monotonic() - before, 3)

    def interrupt(self, script: str) -> None:
        ingest = self.ingest()
        started = self.start(script, ingest.url)
        ingest.wait_for("broadcast_started")
        self.assertIn("KeyboardInterrupt", self.interrupted(started))
        self.assertIn("closed", ingest.wait_for("broadcast_stopped")["cause"])

    def start(self, script: str, url: str) -> "subprocess.Popen[str]":
        head = (
            "import asyncio, signal, sys, time\n"
            "import golive\n"
            "from peers import small\n"
            # Whoever was started in the background has Ctrl-C ignored, and hands that down.
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "print('begun')\n"
        )
        started = subprocess.Popen(
            [sys.executable, "-u", "-c", head + script, url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert started.stdout is not None
        self.assertEqual(started.stdout.readline(), "begun\n")
        return started

    def interrupted(self, started: "subprocess.Popen[str]") -> str:
        """Presses Ctrl-C; answers what it complained of."""
        started.send_signal(signal.SIGINT)
        _, complaints = started.communicate(timeout=PATIENCE_S)
        self.assertNotEqual(started.returncode, 0)
        return complaints
