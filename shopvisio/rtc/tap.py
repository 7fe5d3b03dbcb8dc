"""A copy of what one person sends, decrypted, for a process that keeps it. It never waits: what finds no room is
dropped, and counted."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct

HEAD = Struct("!BBd")     # place, kind of stream, when it came: seconds of the steady clock
AUDIO, VIDEO, REPEAT, REPORT = range(4)
KINDS = {"audio": AUDIO, "video": VIDEO, "rtx": REPEAT}     # by the names of inlets


@dataclass(slots=True)
class Copies:
    """Of a room, all to one socket: how many there were to be, and how many of them found no room there."""

    sock: socket.socket
    packets: int = 0
    missed: int = 0


class Tap:
    """Of one leg. ``kinds``: of its streams, by payload type."""

    def __init__(self, copies: Copies, place: int, kinds: Mapping[int, int]) -> None:
        self._copies, self._place, self._kinds = copies, place, kinds

    def media(self, view: memoryview, size: int, now: float) -> None:
        """An RTP packet of ``size`` bytes, as the browser made it."""
        kind = self._kinds.get(view[1] & 0x7F)
        if kind is not None:
            self._give(HEAD.pack(self._place, kind, now), view[:size])

    def reports(self, plain: bytes, now: float) -> None:
        """RTCP, as the browser made it."""
        self._give(HEAD.pack(self._place, REPORT, now), plain)

    def _give(self, head: bytes, data: bytes | memoryview) -> None:
        copies = self._copies
        copies.packets += 1
        try:
            copies.sock.sendmsg((head, data), (), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            copies.missed += 1
        except OSError:
            return      # its reader has gone: who holds the socket will hear of it
