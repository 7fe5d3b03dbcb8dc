"""A repair that does not hold: who is asked, who pays nothing, and what is never billed twice."""

from datetime import date, timedelta

import pytest
from conftest import NOW, Shop
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shopvisio import booking, cases, guarantee, invoices, papers, parts, settings
from shopvisio.accounts import Actor, Customer
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, WrongState
from shopvisio.jobs import Job
from shopvisio.parts import Wanted

AFTER = NOW + timedelta(days=1, hours=2)
LATER = AFTER + timedelta(days=20)
WHY = cases.Why("end_of_life", "too_dear")


@pytest.fixture
def karim(shop: Shop) -> Actor:
    return shop.repairer.actor


def close(case: Case, karim: Actor, outcome: str = "repaired", now=AFTER) -> None:  # noqa: ANN001
    """Proposed and confirmed, its papers made."""
    with writing():
        cases.propose(case, outcome, "Joint nettoyé.", karim, now, WHY)
    with writing():
        cases.answer(case, True, "", now)
    do_papers(case, now)


def do_papers(case: Case, now) -> None:  # noqa: ANN001
    """The jobs that make and take back papers, as the worker runs them."""
    with writing():
        for job in db.session.scalars(db.select(Job).where(Job.kind.in_(("paper", "credit")), Job.state == "waiting")):
            job.state = "done"
            if job.kind == "paper":
                papers.issue(case, now)
            else:
                papers.take_back(case, now, spared=papers.current(case))


def standing(case: Case) -> list[str]:
    """The invoices that the customer is to pay."""
    kept = [paper for paper in invoices.of_case(case.id) if paper.kind == "invoice"]
    return [paper.number for paper in kept if not invoices.credits_of(paper)]


def test_the_guarantee_runs_to_the_same_day_so_many_months_later(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    assert booked.guaranteed == date(2027, 2, 24)
    assert guarantee.is_running(booked, AFTER + timedelta(days=92))
    assert not guarantee.is_running(booked, AFTER + timedelta(days=93))


def test_or_to_the_last_day_of_a_shorter_month(booked: Case, karim: Actor) -> None:
    close(booked, karim, now=AFTER.replace(month=11, day=30))
    assert booked.guaranteed == date(2027, 2, 28)


def test_what_was_promised_stands_when_the_owner_changes_it(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    with writing():
        settings.put({"guarantee_months": "0"}, "owner", AFTER)
    assert booked.guaranteed == date(2027, 2, 24)


def test_a_fault_that_comes_back_opens_the_case_for_a_visit_at_0(booked: Case, karim: Actor, shop: Shop) -> None:
    close(booked, karim)
    with writing():
        guarantee.come_back(booked, "Elle goutte de nouveau.", LATER)
    assert (booked.state, booked.outcome, booked.journal[-1].kind) == ("open", "", "returned")
    assert cases.may_book_again(booked)
    assert not cases.may_withdraw(booked, LATER)
    assert booked.bill == 0


def test_repaired_again_is_not_billed_again(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    (invoice,) = standing(booked)
    with writing():
        guarantee.come_back(booked, "", LATER)
    close(booked, karim, now=LATER)
    assert standing(booked) == [invoice]
    current = papers.current(booked)
    assert current is not None
    assert current.number == invoice
    assert booked.guaranteed == date(2027, 2, 24)


def test_not_repaired_after_all_takes_the_invoice_back(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    with writing():
        guarantee.come_back(booked, "", LATER)
    close(booked, karim, "not_repaired", LATER)
    assert standing(booked) == []
    assert [paper.kind for paper in invoices.of_case(booked.id)].count("credit_note") == 1
    assert invoices.of_case(booked.id)[-1].kind == "no_charge_note"


def test_a_case_nobody_comes_back_to_is_repaired_as_before(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    with writing():
        guarantee.come_back(booked, "", LATER)
    with writing():
        cases.dismiss(booked, "no_show", karim, LATER)
    assert booked.outcome == "repaired"
    assert len(standing(booked)) == 1


def test_a_part_under_guarantee_is_included(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    with writing():
        guarantee.come_back(booked, "", LATER)
    with pytest.raises(Invalid), writing():
        parts.offer(booked, Wanted("Joint", "", "", 900), "", karim, LATER)
    with writing():
        parts.offer(booked, Wanted("Joint", "", "", 0), "", karim, LATER)
    assert booked.state == "part_offered"


def test_after_the_guarantee_the_shop_is_told_and_the_case_stays_closed(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    with writing():
        guarantee.come_back(booked, "En panne.", AFTER + timedelta(days=200))
    assert (booked.state, booked.journal[-1].kind) == ("closed", "failed_again")
    told = db.session.scalars(db.select(Job).where(Job.kind == "tell-staff")).all()
    assert told[-1].told["what"] == "failed_again"


def test_a_week_later_they_are_asked_once(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    (job,) = db.session.scalars(db.select(Job).where(Job.kind == "still-working")).all()
    assert job.due == AFTER + timedelta(days=7)
    for _time in range(2):  # a handler may run twice
        with writing():
            assert guarantee.ask(booked, job.told["entry"], job.due)
    check = guarantee.of(booked)
    assert check is not None
    assert check.works is None
    with writing():
        guarantee.still_works(booked, LATER)
    with writing():
        guarantee.still_works(booked, LATER)
    assert check.works
    assert [entry.kind for entry in booked.journal].count("still_works") == 1


def test_nobody_is_asked_where_the_owner_says_so_or_the_case_went_on(booked: Case, karim: Actor) -> None:
    close(booked, karim)
    (job,) = db.session.scalars(db.select(Job).where(Job.kind == "still-working")).all()
    with writing():
        guarantee.come_back(booked, "", AFTER + timedelta(days=2))
        settings.put({"check_days": "0"}, "owner", AFTER)
    close(booked, karim, now=LATER)
    with writing():
        assert guarantee.ask(booked, job.told["entry"], job.due) is None
    assert len(db.session.scalars(db.select(Job).where(Job.kind == "still-working")).all()) == 1


def test_what_was_not_repaired_does_not_come_back(booked: Case, karim: Actor) -> None:
    close(booked, karim, "not_repaired")
    assert booked.guaranteed is None
    with pytest.raises(WrongState), writing():
        guarantee.come_back(booked, "", LATER)


acts = st.lists(st.integers(0, 12), max_size=30)


@given(acts)
@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_pressed_nobody_pays_twice_nor_for_what_is_not_repaired(shop: Shop, tries: list[int]) -> None:
    """Every button in any order, the papers made each time: at most one invoice stands, none unless it is repaired (or
    came back and is not yet decided), and it never charges more than the fee and the parts that were accepted."""
    karim = shop.repairer.actor
    now = max([AFTER, *db.session.scalars(db.select(invoices.Paper.issued_at))])  # no paper is older than the last
    with writing():
        customer = Customer(name="Marie", email="m@exemple.example", phone="+33639982750", created=NOW)
        case = cases.open_case("repair", customer, cases.Intake("Évier"), NOW)
        times = {"since": NOW, "start": NOW, "end": AFTER, "until": AFTER, "created": NOW}
        db.session.add(booking.Appointment(case=case, service=shop.repair, staff=shop.repairer, visit=1, **times))
    for press in tries:
        now += timedelta(hours=40)
        try:
            with writing():
                _press(press, case, karim, now)
        except (Conflict, Invalid):
            continue
        do_papers(case, now)
        kept = standing(case)
        assert len(kept) <= 1
        if case.state == "closed":
            assert len(kept) == (case.outcome == "repaired"), (case.outcome, tries)
        elif case.returned is None:
            assert kept == []
        accepted = sum(part.price for part in case.parts if part.state in ("accepted", "sent", "received"))
        for paper in invoices.of_case(case.id):
            assert paper.gross <= case.fee + accepted


def _press(press: int, case: Case, staff: Actor, now) -> None:  # noqa: ANN001
    (
        lambda: cases.propose(case, "repaired", "", staff, now),
        lambda: cases.answer(case, True, "", now),
        lambda: cases.answer(case, False, "", now),
        lambda: cases.confirm_unanswered(case, "motif", staff, now),
        lambda: cases.contest(case, "", now),
        lambda: parts.offer(case, Wanted("Joint", "", "", 500), "", staff, now),
        lambda: parts.accept(case, case.offer, "1 rue", "69001", "Lyon", now),
        lambda: parts.refuse(case, case.offer, "", now),
        lambda: parts.send(case, case.parts[-1], "", "", staff, now) if case.parts else None,
        lambda: parts.receive(case, case.customer.actor, now),
        lambda: cases.propose(case, "not_repaired", "", staff, now, WHY),
        lambda: guarantee.come_back(case, "", now),
        lambda: cases.dismiss(case, "cancelled", staff, now),
    )[press]()


def test_a_visit_under_guarantee_is_booked_like_any_other(booked: Case, karim: Actor, shop: Shop) -> None:
    close(booked, karim)
    with writing():
        guarantee.come_back(booked, "", LATER)
    with writing():
        slot = booking.next_free(shop.repair, LATER)
        assert slot is not None
        visit = booking.book(booked, shop.repair, slot.start, LATER)
    assert (booked.state, visit.visit) == ("booked", 2)
