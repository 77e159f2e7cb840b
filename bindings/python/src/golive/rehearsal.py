"""A broadcast in virtual time, for tests: nothing waits, opens a socket or a camera.

The session and the rules for interruptions are those of a broadcast that goes on air; encoder,
networks and ingest do what the test says::

    from golive.rehearsal import Network, Rehearsal, ShownPicture, call, hand_over

    rehearsal = Rehearsal()
    rehearsal.at(180, call())
    rehearsal.at(240, hand_over(Network.LTE()))
    rehearsal.start()
    rehearsal.run_until(185)
    assert rehearsal.viewer().picture is ShownPicture.SLATE

Moments are seconds since the broadcast began.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from . import _ffi
from ._destination import Destination
from ._errors import translating
from ._ffi import Happening, Heat, InterruptionCause, InterruptionInput, InterruptionRules
from ._ffi import RehearsedEncoder as EncoderBehaviour
from ._ffi import RehearsedIngest as IngestBehaviour
from ._ffi import RehearsedNetwork as Network
from ._ffi import ToldInterruption, Viewer, ViewerSound, android_interruptions, ios_interruptions
from ._records import BroadcastConfig, Change, Event, Health, Program, ShownPicture, Summary

__all__ = [
    "EncoderBehaviour",
    "Happening",
    "Heat",
    "IngestBehaviour",
    "InterruptionCause",
    "InterruptionInput",
    "InterruptionRules",
    "Network",
    "Rehearsal",
    "ShownPicture",
    "ToldInterruption",
    "Viewer",
    "ViewerSound",
    "android_interruptions",
    "began",
    "call",
    "call_ends",
    "encoder",
    "ended",
    "hand_over",
    "heat",
    "ingest",
    "ios_interruptions",
    "network",
    "network_of",
    "wrong_key",
]

# How closely a beginning and an end are waited for, and how long at most.
_STEP_S = 0.01
_LONGEST_S = 3600.0


def began(cause: InterruptionCause) -> Happening:
    """A cause begins."""
    return Happening.INTERRUPTION(input=InterruptionInput.BEGAN(cause=cause))


def ended(cause: InterruptionCause) -> Happening:
    """A cause ends."""
    return Happening.INTERRUPTION(input=InterruptionInput.ENDED(cause=cause))


def call() -> Happening:
    """A call comes in, or another app takes the sound."""
    return began(InterruptionCause.CALL)


def call_ends() -> Happening:
    """The call is over."""
    return ended(InterruptionCause.CALL)


def heat(level: Heat) -> Happening:
    """The device is so hot."""
    return Happening.INTERRUPTION(input=InterruptionInput.THERMAL(level=level))


def network(like: Network) -> Happening:
    """The network that is in use is like this from now on."""
    return Happening.NETWORK(network=like)


def network_of(number: int, like: Network) -> Happening:
    """Of several networks at once, this one is like this; they are counted from zero."""
    return Happening.NETWORK_OF(number=number, network=like)


def hand_over(to: Network) -> Happening:
    """Another network takes over: 400 ms without any, and another address."""
    return Happening.HAND_OVER(network=to)


def encoder(behaviour: EncoderBehaviour) -> Happening:
    """The video encoder behaves like this from now on."""
    return Happening.ENCODER(behaviour=behaviour)


def ingest(behaviour: IngestBehaviour) -> Happening:
    """The ingest behaves like this from now on."""
    return Happening.INGEST(behaviour=behaviour)


def wrong_key() -> Happening:
    """The ingest refuses the key of whoever comes."""
    return ingest(IngestBehaviour.REFUSES_KEY)


class Rehearsal:
    """A broadcast in virtual time. All that is random in it comes from the seed."""

    def __init__(
        self,
        config: Optional[BroadcastConfig] = None,
        *,
        program: Optional[Program] = None,
        rules: Optional[InterruptionRules] = None,
        seed: int = 1,
    ) -> None:
        """Prepares one over Wi-Fi; of several networks that are named the others are LTE.

        :param config: what is broadcast; sources, a slate and a copy are taken no notice of.
        :param program: what the encoder produces; pictures and sound of 48 kHz, if nothing is said.
        :param rules: what is done about each interruption; Android's, if nothing is said.
        :raises GoliveError: ``CONFIGURATION`` for what makes no sense, and for a destination that
            calls.
        """
        if config is None:
            config = BroadcastConfig(destination=Destination.parse("srt://ingest.example:9000"))
        with translating():
            self._handle = _ffi.RehearsalHandle(
                config,
                program or Program(audio_sample_rate_hz=48_000),
                rules or android_interruptions(),
                seed,
            )
        self._elapsed_us = 0
        self._events: List[Tuple[float, Event]] = []
        self._told: List[ToldInterruption] = []

    @property
    def elapsed_s(self) -> float:
        """How long ago it began."""
        return self._elapsed_us / 1e6

    def at(self, moment_s: float, *happenings: Happening) -> None:
        """Has something happen at a moment; at once, if that is past."""
        for happening in happenings:
            self._handle.at(_micros(moment_s), happening)

    def start(self) -> None:
        """Lets time pass until the ingest takes the stream.

        :raises GoliveError: why it does not, as a broadcast says it.
        """
        self.run_until(0)
        with translating():
            while not self._handle.has_started() and self.elapsed_s < _LONGEST_S:
                self.advance(_STEP_S)

    def advance(self, seconds: float) -> None:
        """Lets so much time pass."""
        self.run_until(self.elapsed_s + seconds)

    def run_until(self, moment_s: float) -> None:
        """Lets time pass until a moment; one that is past changes nothing."""
        moment_us = max(_micros(moment_s), self._elapsed_us)
        look = self._handle.run_until(moment_us)
        self._elapsed_us = moment_us
        self._events += [(told.at_ms / 1e3, told.event) for told in look.events]
        self._told += look.told

    def health(self) -> Health:
        """How it is doing."""
        return self._handle.health()

    def viewer(self) -> Viewer:
        """What a viewer sees and hears now, as the ingest hands it on."""
        return self._handle.viewer_at(self._elapsed_us)

    def viewer_at(self, moment_s: float) -> Viewer:
        """What a viewer saw and heard at a moment that is no more than an hour ago."""
        return self._handle.viewer_at(min(_micros(moment_s), self._elapsed_us))

    def events(self) -> List[Tuple[float, Event]]:
        """What happened so far, and when, in seconds."""
        return list(self._events)

    def told(self) -> List[ToldInterruption]:
        """What an app is told of its interruptions so far."""
        return list(self._told)

    def set(self, change: Change) -> None:
        """Changes something while live.

        :raises GoliveError: ``ENDED`` once it is over; ``CONFIGURATION`` for what makes no sense.
        """
        with translating():
            self._handle.set(change)
        self.run_until(0)

    def stop(self) -> Summary:
        """Lets time pass until it has ended, and says how. Calling it again says the same."""
        self._handle.request_stop()
        while (summary := self._handle.summary()) is None:
            self.advance(_STEP_S)
        return summary


def _micros(seconds: float) -> int:
    return max(0, round(seconds * 1e6))
