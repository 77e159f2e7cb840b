"""A broadcast for scripts without asyncio."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from typing import Awaitable, Callable, Iterator, Optional, Tuple, TypeVar

from . import _ffi
from ._broadcast import Broadcast, Events
from ._credentials import Credentials
from ._encoder import Encoder
from ._errors import ErrorKind, GoliveError
from ._records import BroadcastConfig, Event, Health, Program, Summary

T = TypeVar("T")


@contextlib.contextmanager
def on_air_blocking(
    config: BroadcastConfig,
    *,
    encoder: Optional[Encoder] = None,
    program: Optional[Program] = None,
    credentials: Optional[Credentials] = None,
) -> Iterator[BlockingBroadcast]:
    """As :func:`golive.on_air`, without asyncio: takes the same, does the same, and blocks."""
    broadcast = Broadcast(config, encoder=encoder, program=program, credentials=credentials)
    with _loop_of_its_own() as loop:
        try:
            loop.run(broadcast.start)
            yield BlockingBroadcast(broadcast, loop)
        finally:
            loop.run(broadcast.end)


class BlockingBroadcast:
    """A broadcast that is on air. Every method may be called from any thread."""

    def __init__(self, broadcast: Broadcast, loop: _Loop) -> None:
        self._broadcast = broadcast
        self._loop = loop

    def stop(self) -> Summary:
        """Stops before the block ends, carrying what was produced so far, and says how it went.

        :raises GoliveError: ``SYSTEM`` if a thread of the broadcast failed.
        """
        return self._loop.run(self._broadcast.stop)

    def cancel(self) -> None:
        """Asks it to stop, and returns at once."""
        self._broadcast.cancel()

    def health(self) -> Health:
        """How it is doing, at most 50 ms old."""
        return self._broadcast.health()

    def events(self, timeout_s: Optional[float] = None) -> BlockingEvents:
        """What happens, from the beginning as far as that is kept, until it is over.

        Each call reads by itself; a reader that falls far behind misses the oldest.

        :param timeout_s: how long the next event may let itself be waited for; without it, as long
            as it takes.
        """
        return BlockingEvents(self._broadcast.events(), self._loop, timeout_s)

    def set(self, change: _ffi.Change) -> None:
        """Changes something while live.

        :raises GoliveError: ``ENDED`` once it is over; ``CONFIGURATION`` for what makes no sense.
        """
        self._broadcast.set(change)


class BlockingEvents:
    """A broadcast's events one by one, for ``for``.

    It raises :class:`TimeoutError` when the time is up; whoever asks again then waits on.
    """

    def __init__(self, events: Events, loop: _Loop, timeout_s: Optional[float]) -> None:
        self._events = events
        self._loop = loop
        self._timeout_s = timeout_s

    def __iter__(self) -> BlockingEvents:
        return self

    def __next__(self) -> Event:
        try:
            return self._loop.run(self._next)
        except StopAsyncIteration:
            raise StopIteration from None
        except (asyncio.TimeoutError, concurrent.futures.TimeoutError):
            # Until Python 3.11 these are not yet the built-in one.
            raise TimeoutError(f"nothing happened for {self._timeout_s} s") from None

    async def _next(self) -> Event:
        return await asyncio.wait_for(self._events.__anext__(), self._timeout_s)


class _Loop:
    """An event loop on a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """What ``call`` comes to; stops waiting for it where the caller is interrupted."""
        if self._loop.is_closed():
            raise GoliveError(ErrorKind.ENDED, "the block that was on air is over")

        async def called() -> T:
            return await call()

        future = asyncio.run_coroutine_threadsafe(called(), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise


@contextlib.contextmanager
def _loop_of_its_own() -> Iterator[_Loop]:
    begun: concurrent.futures.Future[Tuple[asyncio.AbstractEventLoop, asyncio.Event]]
    begun = concurrent.futures.Future()

    async def until_over() -> None:
        over = asyncio.Event()
        begun.set_result((asyncio.get_running_loop(), over))
        await over.wait()

    thread = threading.Thread(
        target=lambda: asyncio.run(until_over()), name="golive-python", daemon=True
    )
    thread.start()
    loop, over = begun.result()
    try:
        yield _Loop(loop)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
