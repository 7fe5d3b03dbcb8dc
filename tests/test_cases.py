"""The life of a case: who may say what, when, and what follows."""

from datetime import timedelta

import pytest
from conftest import NOW, Shop

from shopvisio import cases, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, WrongState
from shopvisio.jobs import Job

AFTER = NOW + timedelta(days=1, hours=2)
WHY = cases.Why("repairable", "no_part")


def jobs_of(kind: str) -> list[Job]:
    return list(db.session.scalars(db.select(Job).where(Job.kind == kind)))


def kinds(case: Case) -> list[str]:
    return [entry.kind for entry in case.journal]


@pytest.fixture
def karim(shop: Shop) -> Actor:
    return shop.repairer.actor


def test_a_yes_closes_the_case_and_calls_for_its_paper(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "Joint nettoyé.", karim, AFTER)
    with writing():
        cases.answer(booked, True, "", AFTER)
    assert (booked.state, booked.outcome, booked.confirmed_by) == ("closed", "repaired", "customer")
    assert len(jobs_of("paper")) == 1


def test_a_no_issues_no_paper_and_gives_the_case_back_to_staff(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    with writing():
        cases.answer(booked, False, "Elle fuit encore.", AFTER)
    assert (booked.state, booked.outcome) == ("open", "")
    assert booked.journal[-1].told["words"] == "Elle fuit encore."
    assert jobs_of("paper") == []
    assert [job.kind for job in jobs_of("tell-staff")] == ["tell-staff"]


def test_staff_cannot_override_a_no(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    with writing():
        cases.answer(booked, False, "", AFTER)
    with pytest.raises(WrongState), writing():
        cases.confirm_unanswered(booked, "je suis sûr", karim, AFTER + timedelta(days=30))
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    assert booked.state == "proposed"


def test_the_customer_answers_once(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    with writing():
        cases.answer(booked, True, "", AFTER)
    with pytest.raises(WrongState), writing():
        cases.answer(booked, False, "", AFTER)
    assert booked.state == "closed"


def test_without_an_answer_two_more_mails_go_out(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    due = sorted(job.due for job in jobs_of("ask-answer"))
    assert [moment - AFTER for moment in due] == [timedelta(0), timedelta(hours=20), timedelta(hours=44)]


def test_staff_confirm_only_after_the_delay_and_with_a_reason(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    with pytest.raises(WrongState), writing():
        cases.confirm_unanswered(booked, "pas de réponse", karim, AFTER + timedelta(hours=71))
    with pytest.raises(Invalid), writing():
        cases.confirm_unanswered(booked, "  ", karim, AFTER + timedelta(hours=73))
    with writing():
        cases.confirm_unanswered(booked, "Joint par téléphone", karim, AFTER + timedelta(hours=73))
    assert (booked.state, booked.confirmed_by) == ("closed", "staff")


def test_what_staff_confirmed_may_be_contested_and_is_taken_back(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    with writing():
        cases.confirm_unanswered(booked, "Sans nouvelles", karim, AFTER + timedelta(hours=73))
    with writing():
        cases.contest(booked, "Ce n’est pas réparé.", AFTER + timedelta(hours=80))
    assert booked.state == "open"
    assert len(jobs_of("credit")) == 1


def test_what_the_customer_confirmed_cannot_be_contested(booked: Case, karim: Actor) -> None:
    with writing():
        cases.propose(booked, "repaired", "", karim, AFTER)
    with writing():
        cases.answer(booked, True, "", AFTER)
    with pytest.raises(WrongState), writing():
        cases.contest(booked, "Finalement non.", AFTER)


def test_a_case_nobody_came_to_costs_nothing(booked: Case, karim: Actor) -> None:
    with writing():
        cases.dismiss(booked, "no_show", karim, AFTER)
    assert (booked.state, booked.outcome) == ("closed", "no_show")
    assert jobs_of("paper") == []


def test_the_numbers_of_cases_start_again_with_the_year(shop: Shop, booked: Case) -> None:
    with writing():
        later = cases.open_case("sale", booked.customer, cases.Intake(), NOW + timedelta(days=60))
    assert (booked.number, later.number) == ("D2026-0001", "D2027-0001")


def test_the_numbers_go_on_after_nine_thousand_nine_hundred_ninety_nine(shop: Shop, booked: Case) -> None:
    with writing():
        booked.number = "D2026-9999"
    with writing():
        one = cases.open_case("sale", booked.customer, cases.Intake(), NOW)
        two = cases.open_case("sale", booked.customer, cases.Intake(), NOW)
    assert (one.number, two.number) == ("D2026-10000", "D2026-10001")


def test_the_delay_is_the_owners_to_set(booked: Case, karim: Actor) -> None:
    with writing():
        settings.put({"answer_hours": "24"}, "owner", NOW)
        cases.propose(booked, "repaired", "", karim, AFTER)
    assert cases.may_confirm_from(booked) == AFTER + timedelta(hours=24)
