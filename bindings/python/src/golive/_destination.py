"""Where a broadcast goes."""

from __future__ import annotations

from . import _ffi
from ._errors import translating
from ._records import Secret


class Destination(_ffi.Destination):
    """An ingest's address and what it takes to be let in. It prints without what is secret."""

    @classmethod
    def parse(cls, url: str) -> Destination:
        """Reads an SRT URL, as ``srt://ingest.example:9000?streamid=live_4711&latency=250``.

        :raises GoliveError: ``CONFIGURATION``, saying what is wrong with it.
        """
        with translating():
            return super().parse(url)

    def set_stream_id(self, stream_id: Secret) -> None:
        """Sets the stream id, which often is the stream key.

        :raises GoliveError: ``CONFIGURATION`` when it is longer than the 512 bytes that SRT
            carries.
        """
        with translating():
            super().set_stream_id(stream_id)

    def set_passphrase(self, passphrase: Secret) -> None:
        """Sets the passphrase that encrypts the stream.

        :raises GoliveError: ``CONFIGURATION`` unless it has 10 to 79 bytes.
        """
        with translating():
            super().set_passphrase(passphrase)

    def __repr__(self) -> str:
        return f"Destination({str(self)!r})"
