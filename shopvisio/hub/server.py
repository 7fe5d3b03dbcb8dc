"""The web server: plain and TLS listeners, with time-outs and caps that keep a shop open.

``eventlet.wsgi`` alone waits for ever for the rest of a request; 1,100 slow connections would then
shut the shop. Here a request's head must be complete within HEAD_SECONDS of its connection or of
the request before, and one address may hold CONNECTIONS_PER_ADDRESS connections.
"""

import logging
import os
import resource
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any

import eventlet
import eventlet.wsgi
from eventlet.green.ssl import GreenSSLSocket

log = logging.getLogger(__name__)

HEAD_SECONDS = 20
SOCKET_SECONDS = 60  # longer than Socket.IO's ping interval: a silent live socket is dead
HELLO_SECONDS = 10  # for the first byte of a TLS connection
FRAMED_STUN = (b"\0", b"\1")  # the high byte of the length before a STUN message; TLS begins with 0x16
CONNECTIONS = 4096
CONNECTIONS_PER_ADDRESS = 200

Wsgi = Callable[..., Any]


class _Protocol(eventlet.wsgi.HttpProtocol):  # type: ignore[misc]
    """One connection; the clock of the head runs from the first wait to the last header."""

    def handle_one_request(self) -> None:
        self.head_clock = eventlet.Timeout(HEAD_SECONDS)
        try:
            super().handle_one_request()
        except eventlet.Timeout as timeout:
            if timeout is not self.head_clock:
                raise
            self.close_connection = True
        except (TimeoutError, ssl.SSLError, ConnectionError):
            self.close_connection = True  # the other side is gone or mute; nothing to tell
        finally:
            self.head_clock.cancel()

    def get_environ(self) -> dict[str, Any]:
        self.head_clock.cancel()  # the head is here; the body has the socket's own time-out
        environ: dict[str, Any] = super().get_environ()
        environ["shopvisio.tls"] = isinstance(self.connection, ssl.SSLSocket)
        return environ


class _Guests(eventlet.GreenPool):  # type: ignore[misc]
    """The pool of connections, counted by address. Loopback is not capped: a proxy may stand there."""

    def __init__(self, greet: Callable[[list[Any]], bool] | None) -> None:
        super().__init__(CONNECTIONS)
        self._greet = greet
        self.here: Counter[str] = Counter()

    def spawn(self, serve: Callable[..., Any], connection: list[Any]) -> Any:
        address = household(connection[0][0])
        if self.here[address] >= CONNECTIONS_PER_ADDRESS and address not in ("127.0.0.1", "::1"):
            return super().spawn(lambda: None)
        self.here[address] += 1
        guest = super().spawn(self._receive, serve, connection)
        guest.link(lambda _: self._left(address))
        return guest

    def _receive(self, serve: Callable[..., Any], connection: list[Any]) -> None:
        if self._greet is None or self._greet(connection):
            serve(connection)

    def _left(self, address: str) -> None:
        self.here[address] -= 1
        if not self.here[address]:
            del self.here[address]


def household(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: one household has all of it. What is no address stands for itself."""
    if ":" not in address or address == "::1" or address.startswith("::ffff:"):
        return address.removeprefix("::ffff:")
    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, address)[:8] + bytes(8))
    except OSError:  # a proxy may say "192.0.2.7:4711"
        return address


def listen(bind: str, port: int) -> socket.socket:
    """A listening TCP socket; raises OSError when the port is taken or forbidden."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    return eventlet.listen((bind, port), family=family, backlog=1024, reuse_port=False)  # type: ignore[no-any-return]


def serve(
    site: Wsgi,
    listener: socket.socket,
    tls: Callable[[], ssl.SSLContext] | None = None,
    media: Callable[[socket.socket], None] | None = None,
) -> None:
    """Serve ``site`` on ``listener`` for ever. ``tls`` is asked at each new connection: another certificate takes
    effect with the next one, and leaves those that stand alone.

    On a TLS listener, connections that begin with framed STUN go to ``media``, where there is one: theirs to close.
    """
    _allow_many_files()
    eventlet.wsgi.server(
        listener,
        site,
        log=log,
        log_output=False,
        debug=False,
        protocol=_Protocol,
        environ={"wsgi.url_scheme": "https", "HTTPS": "on"} if tls else None,
        custom_pool=_Guests(_greeter(tls, media) if tls else None),
        keepalive=HEAD_SECONDS,
        socket_timeout=SOCKET_SECONDS,
        url_length_limit=4096,
    )


def _greeter(
    tls: Callable[[], ssl.SSLContext], media: Callable[[socket.socket], None] | None
) -> Callable[[list[Any]], bool]:
    """Looks at the first byte of a connection [address, socket, state]; answers whether it is the web's."""

    def greet(connection: list[Any]) -> bool:
        plain = connection[1]
        plain.settimeout(HELLO_SECONDS)
        try:
            first = plain.recv(1, socket.MSG_PEEK)
            if media and first in FRAMED_STUN:
                media(socket.socket(fileno=os.dup(plain.fileno())))
                plain.close()  # at once: whoever shuts it down later would cut off the media too
                return False
            connection[1] = GreenSSLSocket(plain, server_side=True, do_handshake_on_connect=False, _context=tls())
            connection[1].settimeout(SOCKET_SECONDS)
        except OSError:  # gone, or mute
            return False
        return bool(first)

    return greet


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 16384) if hard != resource.RLIM_INFINITY else 16384
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
