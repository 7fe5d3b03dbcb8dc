"""A sale that proves to be a repair, and back: what it keeps, what it costs, and what is asked first."""

from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit

from shopvisio import baskets, booking, calls, cases, catalogue, papers, showing, stills, turning
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, WrongState
from shopvisio.jobs import Job
from shopvisio.stills import Shot

LATER = TUESDAY_10 + timedelta(minutes=10)


@pytest.fixture
def visit(shop: Shop) -> Appointment:
    """A sale in the middle of its call: a card, a still of the list, a word and a basket."""
    maker = catalogue.search("lumio")[0]
    with writing():
        visit = book_visit(shop.sale, TUESDAY_10)
        for actor in (visit.case.customer.actor, visit.staff.actor):
            call = calls.arrive(visit, actor, TUESDAY_10)
        showing.show(call, visit.staff.actor, maker.id, TUESDAY_10)
        calls.say(call, visit.case.customer.actor, "La mienne fuit.", TUESDAY_10)
        stills.add(visit, visit.staff.actor, "a-word-of-it", "x.jpg", 4, 3, TUESDAY_10, Shot("back", maker.id))
        baskets.pick(visit.case, maker.variants[0].id, visit.staff.actor, TUESDAY_10)
    return visit


def turn(visit: Appointment, **changed: object) -> None:
    facts = {"device": "Cafetière", "symptom": "Elle fuit par-dessous.", "dangers": ["mains"]} | changed
    with writing():
        turning.into_repair(visit.case, actor=visit.staff.actor, now=LATER, **facts)  # type: ignore[arg-type]


def agree(visit: Appointment, *kinds: str) -> None:
    with writing():
        for kind in kinds:
            cases.consent(visit.case, kind, "Lu.", "", LATER + timedelta(minutes=1))


def kept(visit: Appointment) -> tuple[int, int, int, int]:
    """Stills, products shown, words, lines of the basket."""
    case, call = visit.case, calls.of(visit)
    said = [message for message in call.messages if message.text]
    return len(stills.of_case(case)), len(baskets.shown(case)), len(said), len(baskets.of(case))


def test_it_keeps_all_it_holds_both_ways_and_goes_on_in_the_same_call(visit: Appointment) -> None:
    turn(visit)
    case = visit.case
    told = (case.kind, case.fee, case.device, case.symptom)
    assert told == ("repair", 2900, "Cafetière", "Elle fuit par-dessous.")
    assert kept(visit) == (1, 1, 1, 1)
    assert not calls.is_over(visit, calls.of(visit))
    assert [entry.kind for entry in case.journal][-2:] == ["turned_to_repair", "safety"]
    with writing():
        turning.into_sale(case, visit.staff.actor, LATER)
    assert (case.kind, case.fee, kept(visit)) == ("sale", 0, (1, 1, 1, 1))
    assert booking.service_of(case).kind == "sale"
    assert len(db.session.scalars(db.select(Job).where(Job.kind == "turned")).all()) == 2


def test_nothing_is_owed_before_the_customer_has_accepted_the_fee_in_writing(visit: Appointment) -> None:
    with writing():
        cases.consent(visit.case, "terms", "Lu.", "", NOW)  # as the sale was booked
    turn(visit)
    assert cases.unwritten(visit.case) == ["terms", "immediate"], "what was agreed to for a sale says nothing of a fee"
    with pytest.raises(Invalid) as refusal, writing():
        cases.propose(visit.case, "repaired", "Joint changé.", visit.staff.actor, LATER)
    assert "forfait" in refusal.value.fields["outcome"]
    agree(visit, "terms", "immediate")
    with writing():
        cases.propose(visit.case, "repaired", "Joint changé.", visit.staff.actor, LATER)
        cases.answer(visit.case, True, "", LATER)
        paper = papers.issue(visit.case, LATER)
    assert paper is not None
    assert paper.gross == 2900


def test_without_their_agreement_it_may_still_end_without_a_charge(visit: Appointment) -> None:
    turn(visit)
    why = cases.Why("repairable", "no_tool")
    with writing():
        cases.propose(visit.case, "not_repaired", "", visit.staff.actor, LATER, why)
    assert visit.case.state == "proposed"


def test_the_time_to_withdraw_runs_from_that_day(visit: Appointment) -> None:
    with writing():
        visit.case.created = NOW - timedelta(days=30)
    turn(visit)
    assert cases.may_withdraw(visit.case, LATER + timedelta(days=14))
    assert not cases.may_withdraw(visit.case, LATER + timedelta(days=15))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"device": " "}, "device"),
        ({"symptom": ""}, "symptom"),
        ({"symptom": "a" * 2001}, "symptom"),
        ({"dangers": ["gas"]}, "dangers"),
    ],
)
def test_what_is_missing_or_dangerous_is_named_and_nothing_changes(
    visit: Appointment, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        turn(visit, **changed)
    assert field in refusal.value.fields
    assert visit.case.kind == "sale"


def test_a_sale_that_was_closed_without_one_is_open_again_as_a_repair(visit: Appointment) -> None:
    case = visit.case
    with writing():
        cases.propose(case, "not_sold", "Rien.", visit.staff.actor, TUESDAY_10)
    turn(visit)
    assert (case.kind, case.state, case.outcome, case.closed_at) == ("repair", "open", "", None)
    assert cases.may_book_again(case), "they choose a time from their link"
    assert cases.unwritten(case) == ["terms", "immediate"]


@pytest.mark.parametrize("end", ["sold", "cancelled", "no_show"])
def test_what_was_sold_or_called_off_stays_what_it_is(visit: Appointment, end: str) -> None:
    with writing():
        visit.case.state, visit.case.outcome = "closed", end
    assert not turning.may(visit.case)
    with pytest.raises(WrongState):
        turn(visit)


def test_what_is_proposed_sent_or_over_does_not_turn(visit: Appointment) -> None:
    with pytest.raises(WrongState), writing():
        turning.into_sale(visit.case, visit.staff.actor, LATER)
    turn(visit)
    with pytest.raises(WrongState):
        turn(visit)
    with writing():
        visit.case.parts.append(cases.Part(name="Joint", created=LATER, state="accepted"))
    assert not turning.may(visit.case)
    with pytest.raises(WrongState), writing():
        turning.into_sale(visit.case, visit.staff.actor, LATER)
