"""Every button of a case, pressed in whatever order: what can never come of it."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from conftest import NOW, Shop
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shopvisio import calls, cases, invoices, papers, parts, stills
from shopvisio.accounts import Actor
from shopvisio.booking import appointments
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import ShopVisioError
from shopvisio.invoices import Kind, Paper
from shopvisio.parts import Wanted

AFTER = NOW + timedelta(days=1, hours=2)
WHY = cases.Why("repairable", "no_part")
NO, CONTEST = 3, 5  # buttons
SOUND = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
LONG = bool(os.environ.get("SHOPVISIO_LONG"))
# those that lead a case on are pressed more often than those that end it
LIKELY = [
    0,
    0,
    0,
    0,
    1,
    1,
    2,
    2,
    2,
    3,
    3,
    4,
    5,
    5,
    6,
    7,
    8,
    8,
    8,
    9,
    10,
    11,
    12,
    12,
    12,
    12,
    13,
    14,
    14,
    14,
    15,
    15,
    15,
    16,
    17,
]
presses = st.lists(st.tuples(st.sampled_from(LIKELY), st.integers(0, 2)), min_size=8, max_size=24)


def _press(press: int, which: int, case: Case, staff: Actor, now: datetime) -> object:
    """One button, on one of the parts where it is about one."""

    def part() -> cases.Part:
        return parts.find(case, case.parts[which % len(case.parts)].id if case.parts else 0)

    buttons: tuple[Callable[[], object], ...] = (
        lambda: cases.propose(case, "repaired", "", staff, now),
        lambda: cases.propose(case, "not_repaired", "", staff, now, WHY, unfitted=("left", "to_return", "")[which]),
        lambda: cases.answer(case, True, "", now),
        lambda: cases.answer(case, False, "", now),
        lambda: cases.confirm_unanswered(case, "motif", staff, now),
        lambda: cases.contest(case, "", now),
        lambda: cases.dismiss(case, "cancelled", staff, now),
        lambda: cases.withdraw(case, now),
        lambda: parts.offer(case, Wanted("Joint", price=(0, 500, 16000)[which]), "", staff, now),
        lambda: parts.offer(case, Wanted("Pompe", price=700), "", staff, now, is_during=True),
        lambda: parts.change(case, part(), Wanted("Autre", price=900), staff, now),
        lambda: parts.drop(case, part(), "", staff, now),
        lambda: parts.accept(case, case.offer - (which == 2), "1 rue", "69001", "Lyon", now),
        lambda: parts.refuse(case, case.offer, "", now),
        lambda: parts.send(case, part(), "", "", staff, now),
        lambda: parts.receive(case, case.customer.actor, now),
        lambda: parts.give_up(case, part(), ("left", "to_return", "left")[which], staff, now),
        lambda: parts.follow(case),
    )
    return buttons[press]()


class _Undone(Exception):
    pass


def _walk(case: Case, staff: Actor, tries: list[tuple[int, int]]) -> None:
    """Press, and look each time at what must hold; papers are issued and taken back as their jobs would. All of it in
    one write that is undone, so that each walk begins at the same place."""
    _keep_a_still(case, staff)
    with suppress(_Undone), writing():
        now, refused, told, sent = AFTER, None, len(case.journal), 0
        for press, which in tries:
            now += timedelta(hours=19)
            try:
                with db.session.begin_nested():
                    _press(press, which, case, staff, now)
            except ShopVisioError:
                continue
            if press == NO:
                refused = cases.proposal(case)  # nothing but a newer proposal leads to a paper
            if press == CONTEST:
                papers.take_back(case, now)
            papers.issue(case, now)
            _look(case, refused)
            assert len(case.journal) >= told
            late = f"on-its-way-{len(stills.of_case(case))}"  # taken in the call, it arrives when it can
            stills.add(appointments(case)[0], case.customer.actor, late, f"{late}.jpg", 8, 8, AFTER)
            told, sent = len(case.journal), sent + 1
        assert len(stills.of_case(case)) == 1 + sent
        raise _Undone


def _look(case: Case, refused: int | None) -> None:
    standing = [paper for paper in invoices.of_case(case.id) if _stands(paper)]
    assert len(standing) <= 1  # never charged twice
    is_charged = case.state == "closed" and case.outcome == "repaired"
    assert bool(standing) == is_charged  # and never when it is not repaired, a part included
    if is_charged:
        assert cases.proposal(case) != refused
        agreed = [part.price for part in case.parts if part.state in ("sent", "received")]
        assert standing[0].gross == case.fee + sum(agreed)
        accepted = [entry.told for entry in case.journal if entry.kind == "part_accepted"]
        assert sum(agreed) <= sum(told["price"] for told in accepted)  # nothing is billed that was not agreed to


def _stands(paper: Paper) -> bool:
    return paper.kind == Kind.INVOICE.value and not invoices.credits_of(paper)


def _keep_a_still(case: Case, staff: Actor) -> None:
    if not stills.of_case(case):
        visit = appointments(case)[0]
        with writing():
            calls.arrive(visit, case.customer.actor, visit.start)
            calls.arrive(visit, staff, visit.start)
            stills.add(visit, staff, "still-one-two", "a.jpg", 8, 8, visit.start)


@pytest.mark.long
@given(presses)
@hypothesis_settings(max_examples=2000 if LONG else 60, **SOUND)
def test_no_path_charges_twice_or_unrepaired_or_over_a_no_and_none_loses_a_still(
    booked: Case, shop: Shop, tries: list[tuple[int, int]]
) -> None:
    _walk(booked, shop.repairer.actor, tries)
