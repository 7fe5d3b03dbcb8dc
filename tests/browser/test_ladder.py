"""Voice first: what the ladder of ``call/ladder.js`` makes of a connection's figures, second by second."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

import shopvisio

STATIC = Path(shopvisio.__file__).parent / "web/static"
FULL, SMALLER, SMALL, VOICE = range(4)
CLIMB = """async (samples) => {
  const { Ladder } = await import("/call/ladder.js");
  const ladder = new Ladder();
  ladder.begin(0);
  return samples.map((sample) => {
    if (sample.begin) ladder.begin(sample.at);
    ladder.step(sample);
    return [ladder.rung, ladder.trying, ladder.picture.active];
  });
}"""


@dataclass(frozen=True)
class Stretch:
    """So many seconds of a connection: bits a second outwards, share lost, seconds to the other and back."""

    seconds: int
    available: int | None
    loss: float = 0.0
    rtt: float | None = 0.05
    begin: bool = False  # whether it was made anew


GOOD = 3_000_000
NARROW = 130_000


@pytest.fixture(scope="module")
def page(browsers: Callable[[str], Browser]) -> Iterator[Page]:
    """A page with nothing on it but our modules."""

    def serve(route: Route) -> None:
        path = STATIC / route.request.url.partition("://")[2].partition("/")[2]
        if path.suffix == ".js":
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    made = browsers("none").new_page()
    made.route("**/*", serve)
    made.goto("http://modules.test/")
    yield made
    made.close()


class Climb:
    """What the ladder did, a second a sample."""

    def __init__(self, page: Page, *stretches: Stretch) -> None:
        samples: list[dict[str, Any]] = []
        for stretch in stretches:
            for second in range(stretch.seconds):
                samples.append(
                    {
                        "at": 1000 * (len(samples) + 1),
                        "available": stretch.available,
                        "loss": stretch.loss,
                        "rtt": stretch.rtt,
                        "begin": stretch.begin and second == 0,
                    }
                )
        self.steps: list[tuple[int, bool, bool]] = [tuple(step) for step in page.evaluate(CLIMB, samples)]

    @property
    def rungs(self) -> list[int]:
        """The rung at the end of each second."""
        return [rung for rung, _trying, _active in self.steps]

    def after(self, second: int, rung: int) -> int:
        """How many seconds after this one it stood there for the first time."""
        return self.rungs.index(rung, second) + 1 - second

    def moves(self) -> int:
        """How often the rung changed."""
        return sum(a != b for a, b in zip(self.rungs, self.rungs[1:], strict=False))


def test_a_good_connection_carries_a_full_picture(page: Page) -> None:
    assert set(Climb(page, Stretch(120, GOOD)).rungs) == {FULL}


def test_a_connection_that_finds_its_pace_is_not_judged_by_its_first_guess(page: Page) -> None:
    assert set(Climb(page, Stretch(5, 300_000), Stretch(30, GOOD)).rungs) == {FULL}


def test_cut_to_150_kbits_it_is_voice_alone_within_three_seconds(page: Page) -> None:
    climb = Climb(page, Stretch(30, GOOD), Stretch(20, NARROW, loss=0.2, rtt=0.9))
    assert climb.after(30, VOICE) <= 3
    assert not climb.steps[33][2]  # nothing of a picture is sent


def test_a_weak_connection_made_anew_on_a_narrow_line_is_voice_alone_soon(page: Page) -> None:
    weak = [Stretch(2, None, loss=0.5), Stretch(1, 172_000, begin=True)]
    climb = Climb(page, Stretch(30, GOOD), *weak, Stretch(20, NARROW))
    assert climb.after(33, VOICE) <= 4


def test_a_slow_beginning_stops_no_picture(page: Page) -> None:
    assert set(Climb(page, Stretch(6, 110_000), Stretch(30, GOOD)).rungs) == {FULL}


def test_restored_the_picture_is_back_within_fifteen_seconds_whatever_the_moment(page: Page) -> None:
    for weak in range(6, 40):
        climb = Climb(page, Stretch(20, GOOD), Stretch(weak, NARROW), Stretch(15, GOOD))
        assert climb.rungs[20 + weak - 1] == VOICE
        assert climb.rungs[-1] < VOICE, weak


def test_while_it_is_narrow_a_try_now_and_then_shows_nobody_a_picture(page: Page) -> None:
    climb = Climb(page, Stretch(20, GOOD), Stretch(120, NARROW))
    assert set(climb.rungs[30:]) == {VOICE}
    tries = [trying for _rung, trying, _active in climb.steps[30:]]
    assert 0 < sum(tries) < len(tries) / 2


def test_a_try_goes_on_while_the_estimate_still_grows(page: Page) -> None:
    growing = [Stretch(1, round(75_000 * 1.08**second)) for second in range(30)]
    climb = Climb(page, Stretch(20, GOOD), Stretch(8, NARROW), *growing)
    assert climb.after(28, VOICE - 1) <= 18


def test_a_try_that_slows_the_voice_ends_at_once(page: Page) -> None:
    narrow = Climb(page, Stretch(20, GOOD), Stretch(9, NARROW), Stretch(100, NARROW, rtt=0.05))
    slow = Climb(page, Stretch(20, GOOD), Stretch(9, NARROW), Stretch(100, NARROW, rtt=0.9))
    assert sum(trying for _rung, trying, _active in slow.steps) < sum(trying for _rung, trying, _active in narrow.steps)


def test_between_good_and_bad_the_picture_is_reduced_not_stopped(page: Page) -> None:
    assert Climb(page, Stretch(20, GOOD), Stretch(60, 450_000)).rungs[-1] == SMALLER
    assert Climb(page, Stretch(20, GOOD), Stretch(60, 250_000)).rungs[-1] == SMALL


def test_five_packets_of_a_hundred_lost_are_repaired_and_reduce_nothing(page: Page) -> None:
    assert set(Climb(page, Stretch(60, GOOD, loss=0.05)).rungs) == {FULL}


def test_one_bad_second_changes_nothing(page: Page) -> None:
    climb = Climb(page, Stretch(20, GOOD), Stretch(1, NARROW, loss=0.5, rtt=2), Stretch(30, GOOD))
    assert climb.moves() == 0


def test_a_connection_that_is_far_but_steady_is_no_weak_one(page: Page) -> None:
    assert set(Climb(page, Stretch(60, GOOD, rtt=0.7)).rungs) == {FULL}


def test_a_connection_at_the_edge_does_not_flutter(page: Page) -> None:
    edge = [Stretch(4, 650_000), Stretch(4, 560_000)] * 40  # more than five minutes
    assert Climb(page, Stretch(20, GOOD), *edge).moves() <= 12


def test_where_the_browser_says_no_bandwidth_loss_and_delay_are_enough(page: Page) -> None:
    climb = Climb(page, Stretch(20, None), Stretch(20, None, loss=0.3, rtt=1.2), Stretch(60, None))
    assert climb.rungs[39] == VOICE
    assert climb.rungs[54] < VOICE
    assert climb.rungs[-1] == FULL


def test_a_connection_made_anew_is_given_time_again(page: Page) -> None:
    climb = Climb(page, Stretch(30, GOOD), Stretch(6, 300_000, begin=True), Stretch(10, GOOD))
    assert set(climb.rungs) == {FULL}
