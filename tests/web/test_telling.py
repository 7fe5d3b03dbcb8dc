"""What the customer is told of an act of staff: shown first, the very mail, and left out where staff untick it."""

from collections.abc import Callable

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shopvisio import booking, cases, mail, parts, settings
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
