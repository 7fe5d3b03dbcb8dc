"""Media is worked through while the loop waits, and the loop turns for everything else as it always does."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from shopvisio.rtc.selector import Selector


class Media:
    """A socket that the selector serves. ``turns``: whether the loop must turn after each datagram."""

    def __init__(self, selector: Selector, turns: bool = False) -> None:
        self.near, self.far = socket.socketpair(type=socket.SOCK_DGRAM)
        self.near.setblocking(False)
        self.came: list[bytes] = []
        self._turns = turns
        selector.serve(self.near, self.take)

    def take(self) -> bool:
        with suppress(BlockingIOError):
            self.came.append(self.near.recv(100))
        return self._turns

    def close(self) -> None:
        self.near.close()
        self.far.close()


@pytest.fixture
def selector() -> Iterator[Selector]:
    made = Selector()
    yield made
    made.close()


@pytest.fixture
def media(selector: Selector) -> Iterator[Media]:
    made = Media(selector)
    yield made
    made.close()


def test_what_is_media_is_taken_and_not_told(selector: Selector, media: Media) -> None:
    for text in (b"1", b"2", b"3"):
        media.far.send(text)
    assert selector.select(0.05) == []
    assert media.came == [b"1", b"2", b"3"]


def test_something_else_is_told_at_once(selector: Selector, media: Media) -> None:
    near, far = os.pipe()
    selector.register(near, 1)
    media.far.send(b"1")
    os.write(far, b"word")
    found = selector.select()       # for ever, were there nothing to tell
    assert [key.fd for key, _event in found] == [near]
    selector.unregister(near)
    os.close(near)
    os.close(far)


def test_where_media_gives_the_loop_work_the_loop_turns(selector: Selector) -> None:
    media = Media(selector, turns=True)
    media.far.send(b"1")
    assert selector.select() == []
    media.close()


def test_a_steady_stream_holds_up_no_clock(selector: Selector, media: Media) -> None:
    """Each datagram sends the next: there is always one more to take."""
    def again() -> bool:
        media.take()
        media.far.send(b"more")
        return False

    selector.forget(media.near)
    selector.serve(media.near, again)
    media.far.send(b"first")
    assert selector.select(0.02) == []
    assert len(media.came) > 1


def test_what_fails_is_written_down_and_ends_nothing(
    selector: Selector, caplog: pytest.LogCaptureFixture,
) -> None:
    near, far = socket.socketpair(type=socket.SOCK_DGRAM)

    def fails() -> bool:
        near.recv(100)
        raise ValueError("hostile")

    selector.serve(near, fails)
    far.send(b"1")
    with caplog.at_level(logging.ERROR):
        assert selector.select() == []
    assert "hostile" in caplog.text
    assert selector.select(0) == []
    near.close()
    far.close()


def test_a_socket_that_is_forgotten_is_left_alone(selector: Selector, media: Media) -> None:
    selector.forget(media.near)
    media.far.send(b"1")
    assert selector.select(0) == []
    assert media.came == []


def in_loop(selector: Selector, work: Callable[[asyncio.AbstractEventLoop], None]) -> float:
    """Run a loop until ``work`` stops it; how long that took."""
    loop, began = asyncio.SelectorEventLoop(selector), time.monotonic()
    loop.call_later(30, loop.stop)
    work(loop)
    loop.run_forever()
    loop.close()
    return time.monotonic() - began


def test_a_loop_has_its_timers_and_its_calls_from_other_threads() -> None:
    selector = Selector()
    media = Media(selector)
    for _one in range(8):
        media.far.send(b"x")
    told: list[str] = []

    def work(loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(0.02, told.append, "timer")
        loop.call_later(0.03, lambda: loop.run_in_executor(None, loop.call_soon_threadsafe, loop.stop))

    assert in_loop(selector, work) < 30
    assert (told, len(media.came)) == (["timer"], 8)
    media.close()
