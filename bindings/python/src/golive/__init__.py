"""Golive for test engineers' scripts: go on air, read health, assert.

A broadcast lasts as long as a block::

    async with golive.on_air(config) as broadcast:
        ...

:func:`on_air_blocking` does the same where there is no asyncio. What goes wrong is a
:class:`GoliveError`, whose ``kind`` says what can be done. Names of fields carry their units.
"""

from ._blocking import BlockingBroadcast, BlockingEvents, on_air_blocking
from ._broadcast import Broadcast, Events, on_air
from ._credentials import Credentials
from ._destination import Destination
from ._encoder import Encoder
from ._errors import ErrorKind, GoliveError
from ._records import (
    Access,
    AudioSource,
    BroadcastConfig,
    BroadcastState,
    Change,
    EncoderTarget,
    Ended,
    Event,
    EventKind,
    FrameSink,
    Health,
    HeardSound,
    Interrupted,
    MediaTrack,
    Network,
    NetworkHealth,
    Program,
    Secret,
    ShownPicture,
    Sources,
    StillPicture,
    Summary,
    TargetChange,
    VideoCodec,
    VideoSource,
)

__all__ = [
    "Access",
    "AudioSource",
    "BlockingBroadcast",
    "BlockingEvents",
    "Broadcast",
    "BroadcastConfig",
    "BroadcastState",
    "Change",
    "Credentials",
    "Destination",
    "Encoder",
    "EncoderTarget",
    "Ended",
    "ErrorKind",
    "Event",
    "EventKind",
    "Events",
    "FrameSink",
    "GoliveError",
    "Health",
    "HeardSound",
    "Interrupted",
    "MediaTrack",
    "Network",
    "NetworkHealth",
    "Program",
    "Secret",
    "ShownPicture",
    "Sources",
    "StillPicture",
    "Summary",
    "TargetChange",
    "VideoCodec",
    "VideoSource",
    "on_air",
    "on_air_blocking",
]
