"""An encoder that plays a film again and again, and notes what it is told."""

from __future__ import annotations

import pathlib
import re
import subprocess
import threading
from typing import List, NamedTuple, Optional, Set

import golive

FRAMES_PER_SECOND = 30


class Picture(NamedTuple):
    """An access unit in Annex B form."""

    data: bytes
    is_key: bool


def film(folder: pathlib.Path) -> List[Picture]:
    """Two seconds of real H.264, one key frame a second, made by ffmpeg."""
    file = folder / "film.h264"
    source = f"testsrc2=size=320x180:rate={FRAMES_PER_SECOND}"
    options = "-c:v libx264 -preset veryfast -tune zerolatency -g 30 -bsf:v h264_metadata=aud=insert"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "2"]
    subprocess.run(command + options.split() + ["-f", "h264", str(file)], check=True)
    stream = file.read_bytes()
    # Each begins with a delimiter (NAL unit type 9); an IDR has type 5.
    begins = [found.start() for found in re.finditer(rb"\x00\x00\x00\x01\x09", stream)]
    units = [stream[begin:end] for begin, end in zip(begins, begins[1:] + [len(stream)])]
    return [Picture(unit, re.search(rb"\x00\x00\x01[\x25\x45\x65]", unit) is not None) for unit in units]


def h265_film(folder: pathlib.Path) -> List[Picture]:
    """The same in H.265."""
    file = folder / "film.h265"
    source = f"testsrc2=size=320x180:rate={FRAMES_PER_SECOND}"
    options = "-pix_fmt yuv420p -c:v libx265 -preset ultrafast -tune zerolatency"
    parameters = "-x265-params log-level=error:keyint=30:open-gop=0 -bsf:v hevc_metadata=aud=insert"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "2"]
    command += options.split() + parameters.split()
    subprocess.run(command + ["-f", "hevc", str(file)], check=True)
    stream = file.read_bytes()
    # A delimiter has type 35, a picture that begins anew 16 to 21, in six bits of the first byte.
    begins = [found.start() for found in re.finditer(rb"\x00\x00\x00\x01\x46", stream)]
    units = [stream[begin:end] for begin, end in zip(begins, begins[1:] + [len(stream)])]
    return [Picture(unit, re.search(rb"\x00\x00\x01[\x20-\x2b]", unit) is not None) for unit in units]


class FilmEncoder(golive.Encoder):
    """Plays `pictures`, in time."""

    def __init__(self, pictures: List[Picture]) -> None:
        self.told: List[str] = []
        self.threads: Set[int] = set()
        self._pictures = pictures
        self._player: Optional[threading.Thread] = None
        self._over = threading.Event()
        self._from_key = threading.Event()

    def start(self, sink: golive.FrameSink, target: golive.EncoderTarget) -> None:
        self.note("start")
        self._player = threading.Thread(target=self._play, args=(sink,), name="film")
        self._player.start()

    def set_target(self, target: golive.EncoderTarget) -> None:
        self.note(f"target {target.video_bits_per_second}")

    def request_keyframe(self) -> None:
        self.note("keyframe")
        self._from_key.set()

    def restart(self) -> None:
        self.note("restart")

    def set_muted(self, muted: bool) -> None:
        self.note(f"muted {muted}")

    def stop(self) -> None:
        self.note("stop")
        self._over.set()
        if self._player is not None:
            self._player.join()

    def note(self, what: str) -> None:
        self.told.append(what)
        self.threads.add(threading.get_ident())

    def _play(self, sink: golive.FrameSink) -> None:
        epoch_us = sink.now_us()
        number = offset = 0
        while not self._over.is_set():
            if self._from_key.is_set():
                # It begins with a key frame, and so does whoever begins again.
                self._from_key.clear()
                offset = number
            picture = self._pictures[(number - offset) % len(self._pictures)]
            time_us = epoch_us + number * 1_000_000 // FRAMES_PER_SECOND
            sink.push_video(picture.data, time_us, time_us, picture.is_key)
            number += 1
            next_us = epoch_us + number * 1_000_000 // FRAMES_PER_SECOND
            self._over.wait(max(0, next_us - sink.now_us()) / 1_000_000)
