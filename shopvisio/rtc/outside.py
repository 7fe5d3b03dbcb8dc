"""How the internet sees this machine: one question to a STUN server, asked only where the owner wants it asked."""

import contextlib
import secrets
import socket
import time
from typing import Any

from aioice import stun

from shopvisio.rtc import adapter

TRIES = (0.5, 1.0, 2.0)     # seconds each question waits for its answer


def seen_by(host: str, port: int) -> list[str]:
    """Our addresses as the STUN server at ``host`` sees them, one for each family that works. Blocks for seconds.

    Raises OSError when the server is not found or never answers.
    """
    found: list[str] = []
    for family, _kind, _protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM):
        with contextlib.suppress(OSError):
            found.append(_ask(family, address))
    if not found:
        raise OSError(f"no answer from {host}:{port}")
    return list(dict.fromkeys(found))


def _ask(family: int, server: tuple[Any, ...]) -> str:
    question = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction_id=secrets.token_bytes(12))
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(server)
        for patience in TRIES:
            sock.send(bytes(question))
            address = _answer(sock, question.transaction_id, time.monotonic() + patience)
            if address:
                return address
    raise OSError("no answer")


def _answer(sock: socket.socket, transaction: bytes, until: float) -> str:
    """The address in the answer that comes in time, else ""; anything else that arrives is not looked at."""
    while (left := until - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            message = adapter.read_stun(sock.recv(adapter.LONGEST))
        except TimeoutError:
            break
        if message and message.transaction_id == transaction and message.message_class == stun.Class.RESPONSE:
            return str(message.attributes.get("XOR-MAPPED-ADDRESS", ("",))[0])
    return ""
