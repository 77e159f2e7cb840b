"""Who the broadcasts of these tests go to: ffmpeg, and the embedded ingest."""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from typing import Any, Dict, List, Optional

import golive

PATIENCE_S = 30
"""How long anything may take that is to happen."""


class Scratch(unittest.IsolatedAsyncioTestCase):
    """A test with a folder of its own, whose peers end with it."""

    def setUp(self) -> None:
        require("ffmpeg", "ffprobe")
        folder = tempfile.TemporaryDirectory(prefix="golive-test")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    async def asyncSetUp(self) -> None:
        # These tests watch asyncio closely, and a busy machine is no fault of theirs.
        asyncio.get_running_loop().slow_callback_duration = PATIENCE_S

    def ffmpeg(self, options: str = "") -> Ffmpeg:
        """ffmpeg, which takes one broadcast into a file as it is."""
        peer = Ffmpeg(self.folder, options)
        self.addCleanup(peer.close)
        return peer

    def ingest(self) -> Ingest:
        """The embedded ingest, which takes any number of them."""
        peer = Ingest(self.folder)
        self.addCleanup(peer.close)
        return peer


def require(*programs: str) -> None:
    """Skips a test whose peers are not installed; in `cargo xtask test`, it fails."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and "GOLIVE_REQUIRE_PEERS" in os.environ:
        raise AssertionError(f"not installed: {missing}; run `cargo xtask setup`")
    if missing:
        raise unittest.SkipTest(f"not installed: {missing}")


def small(url: str) -> golive.BroadcastConfig:
    """A small test picture and a tone."""
    return golive.BroadcastConfig(
        destination=golive.Destination.parse(url),
        width_pixels=320,
        height_pixels=180,
        video_bits_per_second=600_000,
        sources=golive.Sources(
            video=golive.VideoSource.TEST_PICTURE(), audio=golive.AudioSource.TEST_TONE()
        ),
    )


async def first(broadcast: golive.Broadcast, kind: Any) -> Any:
    """The first event of that kind."""
    async for event in broadcast.events():
        if isinstance(event.kind, kind):
            return event.kind
    raise AssertionError(f"it ended without {kind}")


def free_port() -> int:
    """A UDP port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probed:
        probed.bind(("127.0.0.1", 0))
        port: int = probed.getsockname()[1]
        return port


class Peer:
    """A program; ended with the test."""

    def __init__(self, folder: pathlib.Path, command: List[str]) -> None:
        self.log = folder / f"{len(list(folder.iterdir()))}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def said(self) -> str:
        """What it printed so far."""
        return self.log.read_text()

    def finish(self, within_s: float = PATIENCE_S) -> str:
        """Waits for its end; answers what it printed."""
        self.process.wait(within_s)
        return self.said()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Ffmpeg(Peer):
    """ffmpeg as a listener."""

    def __init__(self, folder: pathlib.Path, options: str) -> None:
        port = free_port()
        self.url = f"srt://127.0.0.1:{port}?latency=120"
        self.file = folder / "received.ts"
        source = f"srt://127.0.0.1:{port}?mode=listener{options}"
        into = ["-map", "0", "-c", "copy", "-f", "mpegts", str(self.file)]
        quiet = ["ffmpeg", "-hide_banner", "-loglevel", "info", "-f", "mpegts"]
        super().__init__(folder, quiet + ["-i", source] + into)
        wait_until_bound(port)

    def packets(self) -> Dict[str, int]:
        """How many packets of each codec it received, as ffprobe counts them."""
        entries = "stream=codec_name,nb_read_packets"
        probe = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", entries]
        printed = subprocess.run(
            probe + ["-of", "json", str(self.file)], check=True, capture_output=True
        )
        streams = json.loads(printed.stdout)["streams"]
        return {stream["codec_name"]: int(stream["nb_read_packets"]) for stream in streams}

    def stills(self, least_s: float) -> int:
        """How often the picture stood for so long, and moved again."""
        detect = f"freezedetect=noise=-50dB:duration={least_s}"
        watch = ["ffmpeg", "-i", str(self.file), "-an", "-vf", detect, "-f", "null", "-"]
        told = subprocess.run(watch, capture_output=True, text=True).stderr
        return told.count("freeze_end")

    def faults(self) -> str:
        """What ffmpeg says against what it received, decoding it."""
        as_it_is = ["-fps_mode", "passthrough", "-enc_time_base", "-1"]
        decode = ["ffmpeg", "-v", "error", "-i", str(self.file), *as_it_is, "-f", "null", "-"]
        return subprocess.run(decode, capture_output=True, text=True).stderr.strip()


class Ingest(Peer):
    """`golive ingest`."""

    def __init__(self, folder: pathlib.Path) -> None:
        golive_command = os.environ.get("GOLIVE_COMMAND", "golive")
        require(golive_command)
        addresses = ["--srt", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        super().__init__(folder, [golive_command, "ingest", "--json"] + addresses)
        self.url = f"{self.wait_for('listening')['srt']}?latency=120"

    def told(self, name: str) -> List[Dict[str, Any]]:
        """The events of that name so far."""
        whole_lines = self.said().rpartition("\n")[0].splitlines()
        events = [json.loads(line) for line in whole_lines if line.startswith("{")]
        return [event for event in events if event["event"] == name]

    def wait_for(self, name: str, count: int = 1) -> Dict[str, Any]:
        """The event of that name, the `count`-th one."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            events = self.told(name)
            if len(events) >= count:
                return events[count - 1]
            time.sleep(0.01)
        raise AssertionError(f"never told `{name}` {count} times: {self.said()}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE_S)


def wait_until_bound(port: int) -> None:
    """Waits until a program has the UDP port."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        sockets = pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]
        if any(line.split()[1].endswith(f":{port:04X}") for line in sockets):
            return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens at {port}")
