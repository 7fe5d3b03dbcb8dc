"""Where customers reach the media port from outside, as the relay tells their browsers.

What the owner wrote counts; else what a STUN server sees, where the owner named one; else what the shop's own public
name resolves to. Looked at again every few minutes: boxes get new addresses.
"""

import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from shopvisio import hub, rtc

log = logging.getLogger(__name__)

EVERY = 300.0       # seconds
PATIENCE = 60.0     # seconds for one look
MOST = 4            # addresses of one name
OPENS_WITHIN = 4.0  # seconds


@dataclass(frozen=True)
class Wish:
    """What the shop decides: its addresses, or a STUN server as ``host:port``; its public URL; ``always`` told too."""

    addresses: str
    stun: str
    public_url: str
    always: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """What browsers are told. ``how``: "setting", "stun", "name", or "" where nothing is known;
    ``fault``: why a look failed; then the addresses are those of before. ``astray``: where the shop's name leads, when
    that is none of these."""

    addresses: tuple[str, ...] = ()
    how: str = ""
    fault: str = ""
    astray: tuple[str, ...] = ()


def look(wish: Wish, before: Reach) -> Reach:
    """Find out now. Blocks for seconds; raises nothing."""
    try:
        how, found = _find(wish)
    except OSError as error:
        return Reach(before.addresses, before.how, str(error))
    known = tuple(dict.fromkeys([*wish.always, *found]))
    return Reach(known, how, astray=_astray(wish, known) if how in ("setting", "stun") else ())


def _astray(wish: Wish, known: Sequence[str]) -> tuple[str, ...]:
    name = urlsplit(wish.public_url).hostname
    try:
        led = resolve(name) if name else []
    except OSError:  # nowhere at all: another's trouble
        return ()
    return () if set(led) & set(known) else tuple(led)


def _find(wish: Wish) -> tuple[str, Sequence[str]]:
    if wish.addresses:
        return "setting", wish.addresses.split()
    if wish.stun:
        host, _colon, port = wish.stun.rpartition(":")
        return "stun", rtc.seen_by(host.strip("[]"), int(port))
    name = urlsplit(wish.public_url).hostname
    return ("name", resolve(name)) if name else ("", ())


def resolve(name: str) -> list[str]:
    """The addresses of a name that somebody outside could use. Raises OSError where it has none at all."""
    found = dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM))
    return [address for address in found if _goes_far(address)][:MOST]


def opens(address: str) -> bool:
    """Whether the shop's own public address opens from this very machine, whatever its certificate. Blocks for seconds.

    It is ours that must answer, not the page of the box.
    """
    parts = urlsplit(address)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    asked = HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=OPENS_WITHIN, context=trusting)
    try:
        asked.request("GET", "/healthz")
        answer = asked.getresponse()
        return answer.status == 200 and answer.read(16) == b"ok\n"
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()


def _goes_far(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified)


class Watch:
    """Keeps what browsers are told true. ``now`` is what they are told at the moment."""

    def __init__(self, now: Reach, wish: Callable[[], Wish], tell: Callable[[Sequence[str]], None]) -> None:
        self.now = now
        self._wish, self._tell = wish, tell
        self._alarm = hub.Alarm()

    def again(self) -> None:
        """Look now: the wish has changed."""
        self._alarm.ring()

    def run(self) -> None:
        """For ever, in a greenlet of its own."""
        while True:
            try:
                self._see(hub.in_thread(look, self._wish(), self.now, timeout=PATIENCE))
            except Exception:
                log.exception("the public address is not known")
            self._alarm.wait(EVERY)

    def _see(self, found: Reach) -> None:
        if found.addresses != self.now.addresses:
            log.info("media are offered at another public address", extra={"how": found.how, "now": found.addresses})
            self._tell(found.addresses)
        if found.fault and found.fault != self.now.fault:
            log.warning("the public address was not found: %s", found.fault)
        self.now = found
