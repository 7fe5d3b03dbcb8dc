"""Proof of work: what a client of ALTCHA would answer is accepted, for one thing, once, in time, and nothing else."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from conftest import NOW

from shopvisio import proof

SECRET, ABOUT = b"a secret of the appliance", "draft"
UNTIL = NOW + timedelta(hours=1)


def work(asked: dict[str, Any]) -> dict[str, Any]:
    """Try numbers, as a page does."""
    for number in range(int(asked["maxnumber"])):
        if hashlib.sha256(f"{asked['salt']}{number}".encode()).hexdigest() == asked["challenge"]:
            return {key: asked[key] for key in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
    raise AssertionError("no number fits")


def packed(told: object) -> str:
    return base64.b64encode(json.dumps(told).encode()).decode()


def solved() -> dict[str, Any]:
    return work(proof.challenge(SECRET, ABOUT, UNTIL, number=1234))


def test_work_that_was_done_is_accepted() -> None:
    assert proof.is_good(SECRET, packed(work(proof.challenge(SECRET, ABOUT, UNTIL))), ABOUT, NOW)


def test_it_counts_for_one_thing_and_for_a_while() -> None:
    payload = packed(solved())
    assert not proof.is_good(SECRET, payload, "another draft", NOW)
    assert not proof.is_good(SECRET, payload, ABOUT, UNTIL)
    assert not proof.is_good(b"another appliance", payload, ABOUT, NOW)


@pytest.mark.parametrize(
    "wrong", [{"number": 1235}, {"signature": "0" * 64}, {"challenge": "0" * 64}, {"salt": "x?expires=1&about=draft&"}]
)
def test_what_was_changed_on_the_way_is_refused(wrong: dict[str, Any]) -> None:
    assert not proof.is_good(SECRET, packed(solved() | wrong), ABOUT, NOW)


def test_digits_do_not_wander_from_the_number_into_the_time() -> None:
    """``expires=10`` with the number 234 hashes like ``expires=102`` with 34: the salt must end before the number."""
    told = solved()
    moved = told | {"salt": told["salt"] + "1", "number": 234}
    assert proof._hash(moved["salt"], moved["number"]) == told["challenge"]
    assert not proof.is_good(SECRET, packed(moved), ABOUT, NOW)


@pytest.mark.parametrize(
    "payload",
    [
        "", "x", "é", packed([]), packed({}), packed(None), packed({"number": "a"}), "[" * 9000,
        packed(solved() | {"number": float("inf")}), packed(solved() | {"challenge": "\ud800"}),
        packed(solved() | {"signature": "\ud800"}),
    ],
)  # fmt: skip
def test_rubbish_is_refused_softly(payload: str) -> None:
    assert not proof.is_good(SECRET, payload, ABOUT, NOW)
