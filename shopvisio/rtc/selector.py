"""What the relay's loop waits with: asyncio's own selector, but media is worked through while it waits.

A datagram costs about as much to work through as a turn of the loop does, and it never gives the loop anything to
do: so the loop turns for everything else alone.
"""

import logging
import select
import selectors
import socket
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

MANY = 16       # sockets told of at once

Work = Callable[[], bool]       # takes what has come; whether the loop must turn after it


class Selector(selectors.EpollSelector):
    """For asyncio.SelectorEventLoop. In the loop's thread alone, once it runs."""

    def __init__(self) -> None:
        super().__init__()
        self._work: dict[int, Work] = {}        # by the number of a socket
        self._all = select.epoll()
        self._all.register(self.fileno(), select.EPOLLIN)

    def serve(self, sock: socket.socket, work: Work) -> None:
        """From now on ``work`` is called each time something has come to ``sock``."""
        self._work[sock.fileno()] = work
        self._all.register(sock.fileno(), select.EPOLLIN)

    def forget(self, sock: socket.socket) -> None:
        """No more; before it is closed."""
        del self._work[sock.fileno()]
        self._all.unregister(sock.fileno())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As asyncio asks for it; seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        turn = False        # whether the loop must: something else came, or nothing did in time
        while not turn:
            ready = self._all.poll(timeout, MANY)
            turn = not ready
            for number, _event in ready:
                work = self._work.get(number)
                turn |= work is None or _done(work)
            if end is not None:
                timeout = max(0.0, end - time.monotonic())
                turn |= not timeout
        return super().select(0)

    def close(self) -> None:
        self._all.close()
        super().close()


def _done(work: Work) -> bool:
    try:
        return work()
    except Exception:       # as asyncio's own: one datagram must not end all calls
        log.exception("what came could not be taken")
        return True
