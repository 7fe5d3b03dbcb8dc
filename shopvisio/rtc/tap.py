"""A copy of what one person sends, decrypted, for a process that keeps it. It never waits: what finds no room is
dropped, which is seen there, for the numbers of packets have no holes."""

import contextlib
import socket
from collections.abc import Mapping
from struct import Struct

HEAD = Struct("!BBd")     # place, kind of stream, when it came: seconds of the steady clock
AUDIO, VIDEO, REPEAT, REPORT = range(4)
KINDS = {"audio": AUDIO, "video": VIDEO, "rtx": REPEAT}     # by the names of inlets


class Tap:
    """Of one leg. ``kinds``: of its streams, by payload type."""

    def __init__(self, sock: socket.socket, place: int, kinds: Mapping[int, int]) -> None:
        self._sock, self._place, self._kinds = sock, place, kinds

    def media(self, view: memoryview, size: int, now: float) -> None:
        """An RTP packet of ``size`` bytes, as the browser made it."""
        kind = self._kinds.get(view[1] & 0x7F)
        if kind is not None:
            self._give(HEAD.pack(self._place, kind, now), view[:size])

    def reports(self, plain: bytes, now: float) -> None:
        """RTCP, as the browser made it."""
        self._give(HEAD.pack(self._place, REPORT, now), plain)

    def _give(self, head: bytes, data: bytes | memoryview) -> None:
        with contextlib.suppress(OSError):     # full, or its reader has gone
            self._sock.sendmsg((head, data), (), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
