"""A narrow line: between one browser's media and the appliance, at so many bits a second each way.

The browser is told of no other way in (``ONLY_BY``, run before the page's own scripts). What does not fit waits in a
queue, as in the box of an ordinary home, and is dropped where that is full.
"""

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

QUEUE = 0.3  # seconds of it that wait; the rest is dropped
ONLY_BY = """(port) => {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    const ours = `a=candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host`;
    let told = false;
    const lines = sdp.split("\\r\\n").flatMap((line) => {
      if (!line.startsWith("a=candidate:")) return [line];
      if (told) return [];
      told = true;
      return [ours];
    });
    return set.call(this, { type, sdp: lines.join("\\r\\n") });
  };
}"""


class Way:
    """One direction of the line."""

    def __init__(self) -> None:
        self.queue: deque[bytes] = deque()
        self.waiting = 0  # bytes
        self.free = 0.0  # when the next datagram may go
        self.dropped = 0

    def put(self, data: bytes, rate: float) -> None:
        """A datagram comes in."""
        if self.waiting * 8 > QUEUE * rate:
            self.dropped += 1
            return
        self.queue.append(data)
        self.waiting += len(data)

    def ready(self, now: float, rate: float) -> bytes | None:
        """The next one that may leave by now."""
        if not self.queue or self.free > now:
            return None
        data = self.queue.popleft()
        self.waiting -= len(data)
        self.free = max(self.free, now - 0.01) + len(data) * 8 / rate
        return data


class Shaper:
    """A line to the appliance's media port; ``rate`` may change at any time, 0 cuts it."""

    def __init__(self, port: int) -> None:
        self.rate = 100e6
        self.out, self.back = Way(), Way()
        self.inside, self.outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _side in range(2))
        self.inside.bind(("127.0.0.1", 0))
        self.outside.connect(("127.0.0.1", port))
        self.browser: tuple[str, int] | None = None
        self.open = True
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self.thread.start()

    @property
    def script(self) -> str:
        """What the page runs first."""
        return f"({ONLY_BY})({self.inside.getsockname()[1]})"

    def _carry(self) -> None:
        while self.open:
            waits = 0.002 if self.out.queue or self.back.queue else 0.05
            for ready in select.select([self.inside, self.outside], [], [], waits)[0]:
                self._take(ready)
            self._give()

    def _take(self, side: socket.socket) -> None:
        try:
            data, address = side.recvfrom(2048)
        except ConnectionError:  # the appliance is not there at the moment
            return
        if side is self.inside:
            self.browser = address
        if self.rate:
            (self.out if side is self.inside else self.back).put(data, self.rate)

    def _give(self) -> None:
        now = time.monotonic()
        while self.rate and (data := self.out.ready(now, self.rate)):
            self.outside.send(data)
        while self.rate and self.browser and (data := self.back.ready(now, self.rate)):
            self.inside.sendto(data, self.browser)

    def close(self) -> None:
        """Take it down."""
        self.open = False
        self.thread.join(2)
        self.inside.close()
        self.outside.close()


@contextmanager
def narrow(port: int) -> Iterator[Shaper]:
    """A line to this port of the machine, wide at first."""
    made = Shaper(port)
    try:
        yield made
    finally:
        made.close()
