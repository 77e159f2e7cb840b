"""A script's own capture and encoder."""

from __future__ import annotations

import abc

from . import _ffi
from ._records import EncoderTarget, FrameSink


class Encoder(_ffi.Encoder, abc.ABC):
    """To be subclassed by whoever brings capture and encoder along.

    All methods are called on one thread of the broadcast's own, one after the other, and may take
    their time: nothing else waits for them. Of targets that come while one is at work, the newest
    is told. What a method raises is told as an event, ``EventKind.APP_FAILED``, and changes nothing
    else; :meth:`start` alone ends the broadcast by it.
    """

    @abc.abstractmethod
    def start(self, sink: FrameSink, target: EncoderTarget) -> None:
        """Begins to produce, and returns. Units go to ``sink`` from whatever thread suits."""

    @abc.abstractmethod
    def set_target(self, target: EncoderTarget) -> None:
        """Produces something else from the next picture and frame of sound on.

        The same target may come again: who did not hear is asked once more.
        """

    @abc.abstractmethod
    def request_keyframe(self) -> None:
        """Makes the very next picture a key frame: an IDR picture."""

    @abc.abstractmethod
    def restart(self) -> None:
        """Makes the video codec anew, with the last target, and begins with a key frame.

        Capture and the timeline go on. Called when it does not do what it is told.
        """

    @abc.abstractmethod
    def set_muted(self, muted: bool) -> None:
        """Sends silence instead of the microphone, or no longer."""

    @abc.abstractmethod
    def stop(self) -> None:
        """Ends production and releases the devices."""
