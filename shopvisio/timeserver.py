"""An outside clock, where the owner named one: by how much this machine's differs from it.

It is asked by SNTP (RFC 4330); the question holds a random number and nothing of ours, not even the time.
"""

import logging
import secrets
import socket
import struct
from datetime import UTC, datetime, timedelta
from time import monotonic
from urllib.parse import urlsplit

from shopvisio import clock, hub
from shopvisio.errors import Unavailable

log = logging.getLogger(__name__)

PORT = 123
PATIENCE = 2.0  # seconds for an answer, for each address of the name
LONGEST = 20.0  # seconds for all of them
EVERY, SOON = 3600.0, 300.0  # seconds between two questions; after one that got no answer
ASKS, ANSWERS = 0x23, 4  # version 4, from a client; the mode of an answer
PACKET = struct.Struct("!BBxx12x8s8s8sII")  # head, stratum; reference, ours as it came back, received; sent
FIRST_ERA, SECOND_ERA = datetime(1900, 1, 1, tzinfo=UTC), datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC)


def ahead(server: str) -> timedelta:
    """By how much this clock is ahead of that of ``server``, a name or an address, with or without its port; negative
    when it is behind. Blocks for seconds. Raises OSError when nobody answers who knows the time."""
    where, fault = urlsplit(f"//{server}"), OSError(f"no answer from {server}")
    found = socket.getaddrinfo(where.hostname, where.port or PORT, type=socket.SOCK_DGRAM)
    for family, _kind, _protocol, _name, address in found:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect(address)
                return _ask(sock)
        except OSError as error:
            fault = error
    raise fault


def _ask(sock: socket.socket) -> timedelta:
    ours = secrets.token_bytes(8)
    asked, until = clock.now(), monotonic() + PATIENCE
    sock.send(bytes([ASKS]) + bytes(39) + ours)
    while (left := until - monotonic()) > 0:
        sock.settimeout(left)
        told = _read(sock.recv(512), ours)
        if told is not None:
            now = clock.now()
            return now - (now - asked) / 2 - told
    raise TimeoutError("no answer")


def _read(answer: bytes, ours: bytes) -> datetime | None:
    """The time in the answer to our question; anything else that arrives is not looked at. Raises OSError where the
    server says that it does not know the time."""
    if len(answer) < PACKET.size:
        return None
    head, stratum, _reference, echo, _received, seconds, fraction = PACKET.unpack_from(answer)
    if head & 7 != ANSWERS or echo != ours:
        return None
    if head >> 6 == 3 or not 1 <= stratum <= 15 or not seconds:
        raise OSError("the server does not know the time itself")
    era = FIRST_ERA if seconds >> 31 else SECOND_ERA
    return era + timedelta(seconds=seconds + fraction / 2**32)


class Comparison:
    """Keeps ``clock.ahead`` true. ``server``: who is asked, "" for nobody; ``fault``: why the last question got no
    answer; what was known before stands then."""

    def __init__(self) -> None:
        self.server, self.fault = "", ""
        self._due, self._answered = 0.0, False

    def leapt(self, by: timedelta) -> None:
        """This clock was set: what is known of it moves with it, and is asked anew."""
        if self._answered:
            clock.set_ahead(clock.ahead() + by)
        self._due = 0.0

    def look(self, server: str, now: float) -> None:
        """Ask ``server`` where it is time to; ``now`` in monotonic seconds."""
        if server != self.server:
            self.server, self.fault, self._due, self._answered = server, "", 0.0, False
            clock.set_ahead(timedelta())
        if not server or now < self._due:
            return
        try:
            found = hub.in_thread(ahead, server, timeout=LONGEST)
        except (OSError, Unavailable) as error:
            self.fault, self._due = str(error) or type(error).__name__, now + SOON
            return
        if abs(found) > clock.TRUSTED:
            log.warning("the clock is wrong", extra={"seconds": round(found.total_seconds())})
        clock.set_ahead(found)
        self.fault, self._due, self._answered = "", now + EVERY, True
