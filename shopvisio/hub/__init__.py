"""The one room that knows eventlet: greenlets on one side, real threads on the other.

The web side runs in greenlets of the main thread. Whatever blocks runs in a real thread and is
awaited here; a self-pipe carries the wake-up, so no thread of the pool is spent on waiting.
Nothing is ever monkey-patched.
"""

import os
import signal
import warnings
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # else it leaves green sockets inside other libraries
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own advice against new projects: known, confined to this room
    import eventlet
    import eventlet.event
    import eventlet.hubs

from shopvisio.errors import Unavailable

T = TypeVar("T")

SLOW_THREADS = 8  # mails, renders, passwords: never the relay, which has a thread of its own
HEAVY_THREADS = 2  # customers' photos: a gigabyte each at worst, and anybody may send them


class _Bell:
    """Calls handed over from threads and signal handlers, run by the hub's own greenlet."""

    def __init__(self) -> None:
        self.calls: deque[Callable[[], object]] = deque()
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        os.set_blocking(self.write_end, False)
        eventlet.spawn_n(self.answer)

    def ring(self, call: Callable[[], object]) -> None:
        self.calls.append(call)
        with suppress(BlockingIOError):  # a full pipe: the greenlet is on its way already
            os.write(self.write_end, b"!")

    def answer(self) -> None:
        while True:
            eventlet.hubs.trampoline(self.read_end, read=True)
            os.read(self.read_end, 4096)
            while self.calls:
                self.calls.popleft()()


_bell: _Bell | None = None
_pool: ThreadPoolExecutor | None = None
_heavy_pool: ThreadPoolExecutor | None = None


def start() -> None:
    """Make the self-pipe. Only the main thread may: the pipe is answered in the thread that made it."""
    global _bell
    if _bell is None:
        _bell = _Bell()


def soon(call: Callable[[], object]) -> None:
    """Run ``call`` in the hub, from any thread or signal handler, once :func:`start` was called.

    It must not block nor yield.
    """
    assert _bell is not None, "hub.start() comes first"
    _bell.ring(call)


def wait(future: Future[T], timeout: float) -> T:
    """The future's result, other greenlets running meanwhile.

    Raises what the future raises, Unavailable after ``timeout`` seconds.
    """
    start()
    if not future.done():
        arrived = eventlet.event.Event()
        future.add_done_callback(lambda _: soon(lambda: arrived.ready() or arrived.send()))
        with eventlet.Timeout(timeout, False):
            arrived.wait()
    if not future.done():
        future.cancel()
        raise Unavailable(f"no answer within {timeout:g} s")
    return future.result()


def in_thread(work: Callable[..., T], *values: Any, timeout: float = 60) -> T:
    """``work(*values)`` in a real thread of a bounded pool. Give it values, never rows or databases."""
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="slow")
    return wait(_pool.submit(work, *values), timeout)


def in_turn(work: Callable[..., T], *values: Any, timeout: float = 60) -> T:
    """As :func:`in_thread`, for what is heavy: few at a time, and nothing light ever waits behind them."""
    global _heavy_pool
    if _heavy_pool is None:
        _heavy_pool = ThreadPoolExecutor(HEAVY_THREADS, thread_name_prefix="heavy")
    return wait(_heavy_pool.submit(work, *values), timeout)


def spawn(work: Callable[..., object], *values: Any) -> None:
    """Run ``work`` in a greenlet of its own; it handles its own errors."""
    eventlet.spawn_n(work, *values)


def sleep(seconds: float) -> None:
    """Let the others run for a while."""
    eventlet.sleep(seconds)


class Alarm:
    """Something to wait for that may also be rung from anywhere in the hub."""

    def __init__(self) -> None:
        self._rung = eventlet.event.Event()

    def ring(self) -> None:
        """Wake whoever waits; ringing twice before they look is ringing once."""
        if not self._rung.ready():
            self._rung.send()

    def wait(self, timeout: float) -> None:
        """Until it rings, at most ``timeout`` seconds."""
        with eventlet.Timeout(timeout, False):
            self._rung.wait()
        if self._rung.ready():
            self._rung = eventlet.event.Event()


def on_signal(call: Callable[[], object]) -> None:
    """Run ``call`` in a greenlet when the process is asked to end (SIGTERM, SIGINT)."""
    start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: soon(lambda: spawn(call)))
