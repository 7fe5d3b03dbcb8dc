"""What the customer is told of an act of staff: shown first, the very mail, and left out where staff untick it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shopvisio import booking, cases, invoices, mail, parts, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.jobs import Job
from shopvisio.mail import Mail
from shopvisio.parts import Wanted

KARIM = Actor("staff", "Karim Benali")
PIECE = {"X-Piece": "letter"}


@pytest.fixture
def key(open_app: Flask, booked_key: str, clock_: Clock, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of a case whose call is over, in a shop whose mails leave, of an English customer."""
    monkeypatch.setattr(mail, "deliver", lambda *_: None)
    clock_.now = TUESDAY_10.replace(hour=10, minute=45)
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "mail.example"}, "owner", NOW)
        appointment = booking.find(booked_key)
        assert appointment is not None
        appointment.case.customer.language = "en"
        return appointment.case.key


def case_of(key: str) -> Case:
    found = cases.find(key)
    assert found is not None
    return found


def sent(client: FlaskClient, key: str) -> None:
    """A part is accepted."""
    with client.application.app_context(), writing():
        case = case_of(key)
        parts.offer(case, Wanted("Joint", "", "", 1840), "", KARIM, NOW)
        parts.accept(case, case.offer, "1 rue Haute", "69001", "Lyon", NOW)


def subjects(app: Flask, name: str) -> list[str]:
    """Of the mails of this name, in order."""
    with app.app_context():
        return [row.subject for row in db.session.scalars(select(Mail).order_by(Mail.id)) if row.name == name]


ACTS = {
    "propose": ({"outcome": "repaired", "words": "Fait."}, "Did the repair work?"),
    "part": ({"name": "Joint de cuve", "price": "18,40"}, "A part is needed: Joint de cuve"),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_very_mail_is_shown_in_the_customers_language_and_nothing_is_done(
    open_app: Flask, repairer_client: FlaskClient, key: str, act: str
) -> None:
    typed, subject = ACTS[act]
    path = f"/desk/cases/{key}/{act}"
    page = repairer_client.post(path, data={**typed, "tell": "y", "preview": "y"})
    piece = repairer_client.post(path, data={**typed, "tell": "y", "preview": "y"}, headers=PIECE)
    for shown in (page.text, piece.text):
        assert subject in shown
        assert "http://localhost/case/" in shown
    assert "<html" in page.text
    assert "<html" not in piece.text
    with open_app.app_context():
        assert case_of(key).state == "booked"
        assert [entry.kind for entry in case_of(key).journal] == ["booked"]
        assert db.session.scalars(select(Job).where(Job.kind.in_(("ask-answer", "ask-part")))).all() == []


@pytest.mark.parametrize("act", ACTS)
def test_what_is_shown_is_what_leaves(
    open_app: Flask, repairer_client: FlaskClient, key: str, run_jobs: Callable[[], int], act: str
) -> None:
    typed, subject = ACTS[act]
    assert repairer_client.post(f"/desk/cases/{key}/{act}", data={**typed, "tell": "y"}).status_code == 303
    run_jobs()
    with open_app.app_context():
        assert subject in [row.subject for row in db.session.scalars(select(Mail))]


@pytest.mark.parametrize("act", ACTS)
def test_unticked_nothing_leaves_and_the_story_notes_it(
    open_app: Flask, repairer_client: FlaskClient, key: str, run_jobs: Callable[[], int], act: str
) -> None:
    typed, subject = ACTS[act]
    assert repairer_client.post(f"/desk/cases/{key}/{act}", data=typed).status_code == 303
    run_jobs()
    with open_app.app_context():
        assert subject not in [row.subject for row in db.session.scalars(select(Mail))]
    assert "Sans prévenir le client." in repairer_client.get(f"/desk/cases/{key}").text


def test_a_colleague_who_is_late_reads_over_what_leaves_and_may_not_tell(
    open_app: Flask, repairer_client: FlaskClient, key: str, clock_: Clock, run_jobs: Callable[[], int]
) -> None:
    clock_.now = TUESDAY_10 - timedelta(minutes=20)
    with open_app.app_context():
        path = f"/desk/appointments/{booking.appointments(case_of(key))[0].key}/late"
    typed = {"minutes": "10", "tell": "y", "preview": "y"}
    for shown in (
        repairer_client.post(path, data=typed, headers=PIECE),
        repairer_client.post(path, data=typed),
        repairer_client.post(path, data={"preview": "y"}),
    ):
        assert shown.status_code == 200
        assert "minutes late" in shown.text
    assert "de retard annoncées" not in repairer_client.get("/desk").text
    repairer_client.post(path, data={"minutes": "10"})
    run_jobs()
    assert "annonce 10 minutes de retard. Sans e-mail." in repairer_client.get(f"/desk/cases/{key}").text
    assert subjects(open_app, "late") == []
    repairer_client.post(path, data={"minutes": "15", "tell": "y"})
    run_jobs()
    assert subjects(open_app, "late") == ["Your call is running about 15 minutes late"]


def test_confirming_without_an_answer_shows_the_mail_uses_no_number_and_may_be_done_without(
    open_app: Flask, repairer_client: FlaskClient, key: str, clock_: Clock, run_jobs: Callable[[], int]
) -> None:
    with open_app.app_context(), writing():
        cases.propose(case_of(key), "repaired", "Fait.", KARIM, clock_.now, tell=False)
    clock_.pass_(hours=73)
    path, typed = f"/desk/cases/{key}/confirm", {"reason": "Sans nouvelles."}
    assert 'name="tell"' in repairer_client.get(f"/desk/cases/{key}").text
    shown = repairer_client.post(path, data={**typed, "tell": "y", "preview": "y"}, headers=PIECE).text
    assert "Your invoice F2026-000001" in shown
    assert "Indiquez le motif." in repairer_client.post(path, data={"preview": "y"}, headers=PIECE).text
    with open_app.app_context():
        assert (case_of(key).state, invoices.count()) == ("proposed", 0)
    assert repairer_client.post(path, data=typed).status_code == 303
    run_jobs()
    with open_app.app_context():
        (paper,) = invoices.of_case(case_of(key).id)
        assert (paper.number, invoices.pdf_of(paper) is not None) == ("F2026-000001", True)  # on the customer's page
    assert subjects(open_app, "paper") == []
    assert "Sans e-mail." in repairer_client.get(f"/desk/cases/{key}").text


@pytest.mark.parametrize(("fate", "says"), [("to_return", "send Joint back to us"), ("left", "Keep Joint")])
def test_what_becomes_of_a_part_that_was_not_fitted_is_told_once_the_customer_agrees(
    open_app: Flask,
    repairer_client: FlaskClient,
    key: str,
    clock_: Clock,
    run_jobs: Callable[[], int],
    fate: str,
    says: str,
) -> None:
    sent(repairer_client, key)
    with open_app.app_context(), writing():
        case = case_of(key)
        parts.send(case, case.parts[0], "", "", KARIM, clock_.now, tell=False)
        parts.receive(case, case.customer.actor, clock_.now)
        why = cases.Why("repairable", "no_part")
        cases.propose(case, "not_repaired", "", KARIM, clock_.now, why, tell=False, unfitted=fate)
        cases.answer(case, True, "", clock_.now)
    run_jobs()
    with open_app.app_context():
        (told,) = (row for row in db.session.scalars(select(Mail)) if row.name == "part_unfitted")
        assert says in told.text


def test_what_is_missing_is_said_instead_of_a_letter(repairer_client: FlaskClient, key: str) -> None:
    answer = repairer_client.post(f"/desk/cases/{key}/part", data={"preview": "y"}, headers=PIECE)
    assert answer.status_code == 200
    assert "Indiquez le nom de la pièce." in answer.text
    assert repairer_client.post(f"/desk/cases/{key}/part", data={"keep": "y"}, headers=PIECE).status_code == 422


def test_a_part_that_leaves_is_told_with_its_link(repairer_client: FlaskClient, key: str) -> None:
    sent(repairer_client, key)
    path, typed = f"/desk/cases/{key}/parts/1/send", {"carrier": "Colissimo", "tracking": "https://suivi.example/1"}
    shown = repairer_client.post(path, data={**typed, "tell": "y", "preview": "y"}).text
    assert "https://suivi.example/1" in shown
    assert "Your part is on its way" in shown
    assert 'value="Colissimo"' in shown
    repairer_client.post(path, data=typed)
    assert "Sans prévenir le client." in repairer_client.get(f"/desk/cases/{key}").text


def test_a_case_says_its_next_act_in_a_line(repairer_client: FlaskClient, key: str) -> None:
    assert "L’appel est passé\u00a0: dites comment il s’est terminé." in repairer_client.get(f"/desk/cases/{key}").text
    sent(repairer_client, key)
    assert "À commander ou à envoyer\u00a0: Joint." in repairer_client.get(f"/desk/cases/{key}").text
    repairer_client.post(f"/desk/cases/{key}/parts/1/order", data={"supplier": "Chez Paul"})
    assert "À envoyer\u00a0: Joint." in repairer_client.get(f"/desk/cases/{key}").text
    repairer_client.post(f"/desk/cases/{key}/parts/1/send", data={"tell": "y"})
    assert "La pièce est en route" in repairer_client.get(f"/desk/cases/{key}").text
    assert repairer_client.post(f"/desk/cases/{key}/received").status_code == 303
    assert "La pièce est arrivée" in repairer_client.get(f"/desk/cases/{key}").text
