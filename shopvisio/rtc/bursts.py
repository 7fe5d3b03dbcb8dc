"""Many datagrams by one system call, and the interpreter kept from the first to the last.

Python's socket lets go of the interpreter around every call. While another thread computes, each packet would have
to wait for it again and again, half a millisecond every time; what ctypes calls by PyDLL does not let go, so that
a whole burst waits once. It never blocks: the sockets do not.
"""

import ctypes
import socket
from collections.abc import Iterator, Sequence
from functools import lru_cache
from struct import Struct, pack_into, unpack_from

from shopvisio.rtc.adapter import LONGEST, NOTE, Address, Packet

BURST = 64                  # datagrams taken at once, before others have their turn
NAME = 28                   # bytes of the longest address: sockaddr_in6
REMEMBERED = 1024           # addresses

_PIECE = Struct("PN")        # where, how long: struct iovec
_NAME = Struct(f"{NAME}s")

_libc = ctypes.PyDLL(None)
_receive, _send = _libc.recvmmsg, _libc.sendmmsg
_receive.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]
_send.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]


class _Header(ctypes.Structure):
    """struct msghdr"""

    _fields_ = (
        ("name", ctypes.c_void_p), ("name_size", ctypes.c_uint),
        ("pieces", ctypes.c_void_p), ("number", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("control_size", ctypes.c_size_t), ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr"""

    _fields_ = (("header", _Header), ("size", ctypes.c_uint))


class _Messages:
    """So many messages in the kernel's own form, one piece and one address each."""

    def __init__(self, number: int) -> None:
        self._names = ctypes.create_string_buffer(NAME * number)
        self._pieces = ctypes.create_string_buffer(_PIECE.size * number)
        self._messages = (_Message * number)()
        for place, message in enumerate(self._messages):
            message.header.name, message.header.name_size = ctypes.addressof(self._names) + NAME * place, NAME
            message.header.pieces, message.header.number = ctypes.addressof(self._pieces) + _PIECE.size * place, 1
        self.at = ctypes.addressof(self._messages)
        self.names = memoryview(self._names).cast("B")
        self.pieces = memoryview(self._pieces).cast("B")
        words = ctypes.sizeof(_Message) // 4
        self.sizes = memoryview(self._messages).cast("B").cast("I")[_Message.size.offset // 4::words]

    def keeps_note(self, place: int, packet: Packet) -> None:
        """Of when the datagram in this place came: one that fits exactly, so the kernel leaves its size as it is."""
        header = self._messages[place].header
        header.control, header.control_size = packet.note_at, NOTE


class Inbox:
    """What has come to one socket, taken into ``packets``."""

    def __init__(self, sock: socket.socket, packets: Sequence[Packet]) -> None:
        self._fd, self._packets = sock.fileno(), packets
        self._messages = _Messages(len(packets))
        for place, packet in enumerate(packets):
            self._messages.keeps_note(place, packet)
            _PIECE.pack_into(self._messages.pieces, _PIECE.size * place, packet.at, LONGEST)
        self._names = [self._messages.names[at:at + NAME] for at in range(0, NAME * len(packets), NAME)]

    def take(self) -> Iterator[tuple[Packet, int, Address]]:
        """Each packet with its size and its sender; all of them are overwritten by the next call."""
        number = _receive(self._fd, self._messages.at, len(self._packets), 0, None)
        if number < 1:
            return iter(())
        senders = [_address(name.tobytes()) for name in self._names[:number]]
        return zip(self._packets, self._messages.sizes[:number].tolist(), senders, strict=False)


class Outbox:
    """What leaves once a burst is worked through."""

    def __init__(self, number: int) -> None:
        self._messages = _Messages(number)
        self._number = number
        self._sockets: list[int] = []       # by which each leaves

    def add(self, sock: int, packet: Packet, size: int, to: Address) -> None:
        """``size`` bytes of ``packet``, which must stay as they are until flush(), by this socket (its number)."""
        place = len(self._sockets)
        if place == self._number:
            self.flush()
            place = 0
        _PIECE.pack_into(self._messages.pieces, _PIECE.size * place, packet.at, size)
        _NAME.pack_into(self._messages.names, NAME * place, _name(to))
        self._sockets.append(sock)

    def flush(self) -> None:
        """Send; what the network does not take is lost, as datagrams are."""
        place, sockets = 0, self._sockets
        while place < len(sockets):
            sock, end = sockets[place], place + 1
            while end < len(sockets) and sockets[end] == sock:
                end += 1
            while place < end:
                place += max(1, _send(sock, self._messages.at + ctypes.sizeof(_Message) * place, end - place, 0))
        sockets.clear()


@lru_cache(REMEMBERED)
def _address(name: bytes) -> Address:
    """From the kernel's form: family, port, address, and for IPv6 a scope."""
    port = int.from_bytes(name[2:4])
    if unpack_from("H", name)[0] == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    scope = unpack_from("I", name, 24)[0]
    host = socket.inet_ntop(socket.AF_INET6, name[8:24])
    return f"{host}%{scope}" if scope else host, port


@lru_cache(REMEMBERED)
def _name(address: Address) -> bytes:
    """The same in the kernel's form."""
    host, _percent, scope = address[0].partition("%")
    name = bytearray(NAME)
    if ":" not in host:
        pack_into("H2s4s", name, 0, socket.AF_INET, address[1].to_bytes(2), socket.inet_pton(socket.AF_INET, host))
    else:
        pack_into("H2s4x16sI", name, 0, socket.AF_INET6, address[1].to_bytes(2),
                  socket.inet_pton(socket.AF_INET6, host), int(scope or 0))
    return bytes(name)
