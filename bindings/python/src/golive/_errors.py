"""What goes wrong, as one exception."""

from __future__ import annotations

import contextlib
import enum
from typing import Iterator, Optional

from . import _ffi


class ErrorKind(enum.Enum):
    """What a caller can do about a :class:`GoliveError`."""

    CONFIGURATION = "configuration"
    """Something that was asked for makes no sense: fix the configuration."""

    UNREACHABLE = "unreachable"
    """The destination did not answer, or the network is away: try again later."""

    REFUSED = "refused"
    """The destination refused: a wrong key or passphrase, or no room."""

    DEVICE_UNAVAILABLE = "device_unavailable"
    """A camera or microphone is missing or in use: choose another, or free it."""

    PERMISSION_DENIED = "permission_denied"
    """The system forbids the device: ask the person for permission."""

    MEDIA = "media"
    """A file or codec could not be read, written or used."""

    ENDED = "ended"
    """The broadcast is over, or was stopped before it was live."""

    SYSTEM = "system"
    """The system refused a thread, a socket or memory: give up, and report it."""


class GoliveError(Exception):
    """What went wrong. None of it holds a secret."""

    kind: ErrorKind
    """What can be done."""

    message: str
    """A sentence for a person."""

    detail: Optional[str]
    """What the system or the ingest said."""

    def __init__(self, kind: ErrorKind, message: str, detail: Optional[str] = None) -> None:
        # All of them are the exception's arguments, so that it can be pickled.
        super().__init__(kind, message, detail)
        self.kind = kind
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return self.message


_KINDS = {
    _ffi.GoliveFailure.Configuration: ErrorKind.CONFIGURATION,
    _ffi.GoliveFailure.Unreachable: ErrorKind.UNREACHABLE,
    _ffi.GoliveFailure.Refused: ErrorKind.REFUSED,
    _ffi.GoliveFailure.DeviceUnavailable: ErrorKind.DEVICE_UNAVAILABLE,
    _ffi.GoliveFailure.PermissionDenied: ErrorKind.PERMISSION_DENIED,
    _ffi.GoliveFailure.Media: ErrorKind.MEDIA,
    _ffi.GoliveFailure.Ended: ErrorKind.ENDED,
    _ffi.GoliveFailure.System: ErrorKind.SYSTEM,
}


@contextlib.contextmanager
def translating() -> Iterator[None]:
    """Turns what the generated half raises into the exception that scripts know."""
    try:
        yield
    except _ffi.GoliveFailure as failure:
        # It holds nothing that the new one does not: a chain of the two would only be longer.
        raise GoliveError(_KINDS[type(failure)], failure.reason, failure.detail) from None
