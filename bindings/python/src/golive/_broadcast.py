"""A broadcast in asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from typing import AsyncIterator, Coroutine, Optional, TypeVar

from . import _ffi
from ._credentials import Credentials, Fetched
from ._encoder import Encoder
from ._errors import ErrorKind, GoliveError, translating
from ._records import BroadcastConfig, Event, Health, Program, Summary

T = TypeVar("T")


@contextlib.asynccontextmanager
async def on_air(
    config: BroadcastConfig,
    *,
    encoder: Optional[Encoder] = None,
    program: Optional[Program] = None,
    credentials: Optional[Credentials] = None,
) -> AsyncIterator[Broadcast]:
    """Is on air for as long as the block lasts.

    However the block ends (at its end, by an exception, because its task is cancelled), what was
    produced until then is carried, the ingest is told and devices are released before the next
    line runs.

    :param config: where to, and what.
    :param encoder: the script's own capture and encoder; where none is given, what is built in.
    :param program: what ``encoder`` produces; pictures alone, unless told otherwise.
    :param credentials: where the keys come from, if they are not in the destination.
    :raises GoliveError: why it cannot go on air.
    """
    broadcast = Broadcast(config, encoder=encoder, program=program, credentials=credentials)
    try:
        await broadcast.start()
        yield broadcast
    finally:
        await broadcast.end()


class Broadcast:
    """A broadcast: prepared, started once, and stopped.

    :func:`on_air` does all of that; this is for whoever keeps it longer than a block lasts, and
    takes the same parameters. Nothing is opened or sent before :meth:`start`.
    """

    def __init__(
        self,
        config: BroadcastConfig,
        *,
        encoder: Optional[Encoder] = None,
        program: Optional[Program] = None,
        credentials: Optional[Credentials] = None,
    ) -> None:
        if encoder is None:
            self._handle = _ffi.BroadcastHandle(config)
        else:
            self._handle = _ffi.BroadcastHandle.with_encoder(config, encoder, program or Program())
        if credentials is not None:
            self._handle.set_credentials(Fetched(credentials))

    async def start(self) -> None:
        """Goes on air: returns once the ingest takes the stream. Cancelling it stops the broadcast.

        :raises GoliveError: why it cannot; ``ENDED`` if it was stopped meanwhile, or started
            before.
        """
        with translating():
            try:
                await self._handle.start()
            except asyncio.CancelledError:
                self._handle.cancel()
                raise

    async def stop(self) -> Summary:
        """Stops, carrying what was produced so far, and says how it went.

        Called again, it says the same. It goes on to its end even if its task is cancelled
        meanwhile.

        :raises GoliveError: ``ENDED`` if it never began; ``SYSTEM`` if a thread of the broadcast
            failed.
        """
        with translating():
            return await _to_its_end(self._handle.stop())

    async def end(self) -> None:
        """As :meth:`stop`, for a broadcast that may never have begun."""
        try:
            await self.stop()
        except GoliveError as error:
            if error.kind is not ErrorKind.ENDED:
                raise

    def cancel(self) -> None:
        """Asks it to stop, and returns at once; ends a :meth:`start` that is under way, too."""
        self._handle.cancel()

    def health(self) -> Health:
        """How it is doing, at most 50 ms old."""
        return self._handle.health()

    def events(self) -> Events:
        """What happens, from the beginning as far as that is kept, until it is over.

        Each call reads by itself; a reader that falls far behind misses the oldest.
        """
        return Events(self._handle.events())

    def set(self, change: _ffi.Change) -> None:
        """Changes something while live.

        :raises GoliveError: ``ENDED`` before it began or once it is over; ``CONFIGURATION`` for
            what makes no sense.
        """
        with translating():
            self._handle.set(change)


class Events:
    """A broadcast's events one by one, for ``async for``."""

    def __init__(self, reader: _ffi.EventReader) -> None:
        self._reader = reader
        self._awaited: Optional[asyncio.Task[Optional[Event]]] = None

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Event:
        if self._awaited is None:
            self._awaited = asyncio.ensure_future(self._reader.next())
        # Whoever stops waiting, by a time-out, finds the event when asking again.
        event = await asyncio.shield(self._awaited)
        self._awaited = None
        if event is None:
            raise StopAsyncIteration
        return event


async def _to_its_end(work: Coroutine[object, object, T]) -> T:
    """Waits for ``work`` even if the waiting is cancelled, and passes that on when it is done."""
    task = asyncio.ensure_future(work)
    cancelled: Optional[asyncio.CancelledError] = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()
