"""What a trial says: one word for what stands most in the way."""

import pytest
from conftest import NOW

from shopvisio import trials
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.trials import Result

FINE = {"camera": True, "mic": True, "sound": True, "loss": 0.0, "rtt": 40, "rate": 1200}


def result(**other: object) -> Result:
    return Result(**{**FINE, **other})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ({}, "ready"),
        ({"camera": False}, "blind"),
        ({"rate": 499}, "weak"),
        ({"loss": 0.05}, "weak"),
        ({"rtt": 400}, "weak"),
        ({"mic": False, "camera": False}, "mute"),
        ({"sound": False, "mic": False}, "deaf"),
        ({"rate": 0, "sound": False}, "cut"),
        ({"loss": 0.3}, "cut"),
    ],
)
def test_the_verdict_names_what_stands_most_in_the_way(other: dict[str, object], verdict: str) -> None:
    assert result(**other).verdict == verdict
    assert verdict in trials.VERDICTS


def test_the_last_one_counts_and_the_story_tells_a_change_once(booked: Case) -> None:
    with writing():
        trials.keep(booked, result(rate=300), "Chrome, Android", NOW)
        trials.keep(booked, result(rate=310), "Chrome, Android", NOW)
        trials.keep(booked, result(), "Chrome, Android", NOW)
    last = trials.latest(booked)
    assert last is not None
    assert (last.result, last.browser) == (result(), "Chrome, Android")
    assert trials.latest_of([booked]) == {booked.id: last}
    assert [entry.told["verdict"] for entry in booked.journal if entry.kind == "tried"] == ["weak", "ready"]


def test_a_case_keeps_a_limited_number(booked: Case) -> None:
    with writing():
        for _n in range(trials.MOST_KEPT + 5):
            trials.keep(booked, result(), "", NOW)
    from shopvisio.db import db

    assert db.session.query(trials.Trial).count() == trials.MOST_KEPT
