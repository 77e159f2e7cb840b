"""Keys that a script fetches when they are needed."""

from __future__ import annotations

import inspect
from typing import Awaitable, Callable, Union

from . import _ffi
from ._records import Access

Credentials = Callable[[], Union[Access, Awaitable[Access]]]
"""Where keys come from: a function, async or not, that is called once for each start, before
anything is sent. What it raises keeps the broadcast from starting, and is the reason told."""


class Fetched(_ffi.Credentials):
    """Such a function, as the generated half wants it."""

    def __init__(self, fetch: Credentials) -> None:
        self._fetch = fetch

    async def access(self) -> Access:
        try:
            access = self._fetch()
            return await access if inspect.isawaitable(access) else access
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise _ffi.CallbackFailure.Failed(reason) from error
