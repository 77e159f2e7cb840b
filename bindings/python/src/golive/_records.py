"""The plain values that go in and come out, under their own names.

They are the generated ones. What is added is that they print what they hold, so that a failed
assertion shows more than a name; secrets print as dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._ffi import (
    Access,
    BroadcastConfig,
    BroadcastState,
    EncoderTarget,
    Ended,
    Event,
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
)

if TYPE_CHECKING:
    # What can be several things is put together while it is loaded, which no checker follows.
    AudioSource: Any
    Change: Any
    EventKind: Any
    VideoSource: Any
else:
    from ._ffi import AudioSource, Change, EventKind, VideoSource

__all__ = [
    "Access",
    "AudioSource",
    "BroadcastConfig",
    "BroadcastState",
    "Change",
    "EncoderTarget",
    "Ended",
    "Event",
    "EventKind",
    "FrameSink",
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
]

_RECORDS = (
    Access,
    BroadcastConfig,
    EncoderTarget,
    Event,
    Health,
    Network,
    NetworkHealth,
    Program,
    Sources,
    Summary,
)
_VARIANTS = tuple(
    variant
    for kind in (AudioSource, Change, EventKind, VideoSource)
    for variant in vars(kind).values()
    if isinstance(variant, type)
)

for _printed in _RECORDS + _VARIANTS:
    _printed.__repr__ = _printed.__str__  # type: ignore[method-assign]
