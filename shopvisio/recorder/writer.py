"""The child process that writes a recording: packets in by a socket, one file for each person, nothing decoded.

Its order comes on the standard input, one line of JSON; ``ready`` and, at the end, what it wrote leave on the standard
output. It ends when the socket does, so also when the appliance is killed, and then finishes its files first.
"""

import json
import os
import resource
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shopvisio.recorder import weight
from shopvisio.recorder.film import Film
from shopvisio.recorder.streams import Picture, Sound, align, read, repeated, reports
from shopvisio.rtc.tap import AUDIO, HEAD, REPEAT, REPORT

MEMORY = 1 << 30
LONGEST = 4096  # bytes of a message
LOOK = 0.25  # seconds between two looks at the clock
WEIGH = 2.0  # and at the disk
ASK = 1.0  # and two requests for a whole picture


class Take:
    """One person, as far as they came."""

    def __init__(self, path: Path, zero: float) -> None:
        self.film = Film(path, zero)
        self.sound: Sound | None = None
        self.picture: Picture | None = None
        self.seen = 0.0  # when a packet of it last came

    def hear(self, kind: int, came: float, data: bytes) -> None:
        """A message of the relay. A stream by another name is that of somebody who came back."""
        if kind == REPORT:
            self._report(data)
            return
        packet = read(data, came)
        if packet and kind == REPEAT:
            packet = repeated(packet, self.picture.ssrc) if self.picture else None
        if packet is None:
            return
        if kind == AUDIO:
            if self.sound is None or self.sound.ssrc != packet.ssrc:
                self.sound = Sound(packet.ssrc)
            self.sound.put(packet)
        else:
            if self.picture is None or self.picture.ssrc != packet.ssrc:
                self.picture = Picture(packet.ssrc)
            self.picture.put(packet)
            self.seen = came

    def _report(self, data: bytes) -> None:
        for ssrc, wall, at in reports(data):
            for stream in (self.sound, self.picture):
                if stream and stream.ssrc == ssrc:
                    stream.clock.report(wall, at)
        if self.sound and self.picture:
            align(self.sound.clock, self.picture.clock)

    def write(self, now: float) -> None:
        """What is whole by now goes to the file."""
        for stream, is_picture in ((self.picture, True), (self.sound, False)):
            for frame in stream.frames(now) if stream else ():
                self.film.add(frame, is_picture)

    def tick(self, now: float) -> bool:
        """Time passes; whether a whole picture is wanted."""
        self.write(now)
        if self.film.tick(now) and self.picture:
            self.picture.lacks = True  # the black one has taken the place of what others build on
        return self.picture is not None and self.picture.lacks and now - self.seen < ASK


def record(sock: socket.socket, takes: dict[int, Take], limit: int, spare: int) -> str:
    """Until the relay has no more, then empty; or why it ended before: ``full``."""
    weighed, asked = 0.0, time.monotonic()
    for message in _messages(sock):
        now = time.monotonic()
        if message:
            place, kind, came = HEAD.unpack_from(message)
            if place in takes:
                takes[place].hear(kind, came, message[HEAD.size :])
                takes[place].write(now)
            continue
        lacks = bytes([place for place, take in takes.items() if take.tick(now)])
        if lacks and now - asked >= ASK:
            asked = now
            _ask(sock, lacks)
        if now - weighed >= WEIGH:
            weighed = now
            folder = next(iter(takes.values())).film.path.parent
            if weight(folder) > limit or shutil.disk_usage(folder).free < spare:
                return "full"
    return ""


def _messages(sock: socket.socket) -> Iterator[bytes]:
    """Each message, and an empty one each time the clock is to be looked at."""
    sock.settimeout(LOOK)
    looked = time.monotonic()
    while True:
        try:
            message = sock.recv(LONGEST)
        except TimeoutError:
            message = None
        except OSError:
            return
        if message is not None and len(message) < HEAD.size:
            return  # the end
        if message:
            yield message
        if time.monotonic() - looked >= LOOK:
            looked = time.monotonic()
            yield b""


def _ask(sock: socket.socket, places: bytes) -> None:
    try:
        sock.send(places, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    except OSError:
        return  # asked already, or gone


def main() -> None:
    """As the order says: ``socket`` (its descriptor), ``folder``, ``files`` by place, ``limit`` and ``spare`` bytes."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the appliance ends first; then our socket does
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    folder, zero = Path(order["folder"]), time.monotonic()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.umask(0o077)
    takes = {int(place): Take(folder / name, zero) for place, name in order["files"].items()}
    sock = socket.socket(fileno=order["socket"])
    print("ready", flush=True)
    why = record(sock, takes, order["limit"], order["spare"])
    for take in takes.values():
        take.write(float("inf"))
        take.film.close()
    told = {
        place: {"seconds": take.film.seconds, "bytes": take.film.path.stat().st_size}
        for place, take in takes.items()
        if take.film.path.exists()
    }
    print(json.dumps({"why": why, "files": told}), flush=True)


if __name__ == "__main__":
    main()
