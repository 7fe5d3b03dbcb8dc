"""Waiting for a thread never holds up the greenlets, and ends when it should."""

import threading
import time
from concurrent.futures import Future

import pytest

from shopvisio import hub
from shopvisio.errors import Unavailable


def test_what_a_thread_answers_is_here_as_soon_as_it_is_there() -> None:
    began = time.monotonic()
    assert hub.in_thread(lambda: time.sleep(0.2) or 5, timeout=10) == 5
    assert time.monotonic() - began < 9   # woken by the pipe, not by the time-out


def test_what_a_thread_raises_is_raised_here() -> None:
    def fail() -> None:
        raise ValueError("from the thread")

    with pytest.raises(ValueError, match="from the thread"):
        hub.in_thread(fail)


def test_patience_ends() -> None:
    never: Future[None] = Future()
    with pytest.raises(Unavailable):
        hub.wait(never, timeout=0.05)


def test_others_go_on_while_one_waits() -> None:
    ticks: list[float] = []

    def tick() -> None:
        while len(ticks) < 100:
            ticks.append(time.monotonic())
            hub.sleep(0.01)

    hub.spawn(tick)
    hub.in_thread(time.sleep, 0.4)
    assert len(ticks) > 2


def test_ten_waits_take_the_time_of_one() -> None:
    done: list[int] = []
    together: list[int] = []
    alarm = hub.Alarm()

    def wait(number: int) -> None:
        together.append(number + 1 - len(done))
        hub.in_thread(time.sleep, 0.3)
        done.append(number)
        alarm.ring()

    for number in range(hub.SLOW_THREADS):
        hub.spawn(wait, number)
    while len(done) < hub.SLOW_THREADS:
        alarm.wait(5)
    assert max(together) > hub.SLOW_THREADS / 2


def test_an_alarm_is_heard_from_another_thread() -> None:
    hub.start()
    alarm = hub.Alarm()
    threading.Timer(0.1, lambda: hub.soon(alarm.ring)).start()
    began = time.monotonic()
    alarm.wait(30)
    assert time.monotonic() - began < 25


def test_an_alarm_rung_before_is_heard_after() -> None:
    alarm = hub.Alarm()
    alarm.ring()
    alarm.ring()
    began = time.monotonic()
    alarm.wait(30)
    assert time.monotonic() - began < 25
    alarm.wait(0.01)


def test_the_heavy_take_turns_and_the_light_do_not_wait_for_them() -> None:
    alarm = hub.Alarm()
    at_once: list[int] = []
    most: list[int] = []

    def lift() -> None:
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.2)
        at_once.pop()

    def carry() -> None:
        hub.in_turn(lift)
        done.append(1)
        alarm.ring()

    done: list[int] = []
    for _ in range(hub.SLOW_THREADS):
        hub.spawn(carry)
    hub.sleep(0.05)
    assert hub.in_thread(lambda: len(done)) == 0
    while len(done) < hub.SLOW_THREADS:
        alarm.wait(5)
    assert max(most) == hub.HEAVY_THREADS
