"""Against robots, with nobody else's help: work where a script runs, the mail where none does, and caps for both."""

import base64
import hashlib
import html
import json
import re

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from way import AGREED, FAULT, PERSON, REPAIR, START, begin

from shopvisio import booking, holds, intake, settings
from shopvisio.cases import Case, Consent
from shopvisio.db import db, writing
from shopvisio.jobs import Job
from shopvisio.mail import Mail

ELSEWHERE = {"REMOTE_ADDR": "91.198.174.192", "shopvisio.tls": True}


def typed_up(client: FlaskClient, start: str = START) -> str:
    """A draft that wants only its person."""
    path = begin(client, REPAIR, start)
    client.post(f"{path}/fault", data=FAULT)
    client.post(f"{path}/safety", data={"danger": "nothing"})
    return path


def worked(client: FlaskClient, path: str) -> str:
    """What the page's script would put into its field."""
    found = re.search(r'data-altcha="([^"]+)"', client.get(f"{path}/person").text)
    assert found
    asked = json.loads(html.unescape(found[1]))
    for number in range(asked["maxnumber"]):
        if hashlib.sha256(f"{asked['salt']}{number}".encode()).hexdigest() == asked["challenge"]:
            return base64.b64encode(json.dumps(asked | {"number": number}).encode()).decode()
    raise AssertionError("no number fits")


@pytest.fixture
def mailing(open_app: Flask) -> Flask:
    """The shop can send mails."""
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "localhost"}, "tests", NOW)
    return open_app


@pytest.fixture
def held(mailing: Flask, stranger: FlaskClient) -> str:
    """A draft whose time is held: sent without the work of a script."""
    path = typed_up(stranger)
    assert stranger.post(f"{path}/person", data=PERSON | AGREED).location == f"{path}/held"
    return path


@pytest.fixture
def letter(held: str, mailing: Flask, clock_: Clock) -> str:
    """The path behind the link in the mail that asks to confirm."""
    with mailing.app_context():
        (job,) = [j for j in db.session.query(Job) if j.kind == "hold"]
        mailing.extensions["handlers"]["hold"](job.told, clock_.now)
        mail = db.session.query(Mail).filter_by(name="hold").one()
        assert mail.to == PERSON["email"]
        found = re.search(r"https?://[^/]+(/confirm/\S+)", mail.text)
    assert found
    return found[1]


def cases_made(app: Flask) -> int:
    with app.app_context():
        return db.session.query(Case).count()


def test_a_page_that_worked_books_at_once(mailing: Flask, stranger: FlaskClient) -> None:
    path = typed_up(stranger)
    answer = stranger.post(f"{path}/person", data=PERSON | AGREED | {"altcha": worked(stranger, path)})
    assert answer.location.startswith("/case/")


def test_work_done_for_one_draft_books_no_other(mailing: Flask, stranger: FlaskClient) -> None:
    payload = worked(stranger, typed_up(stranger))
    other = typed_up(stranger, "2026-11-25T09:00:00+00:00")
    assert stranger.post(f"{other}/person", data=PERSON | AGREED | {"altcha": payload}).location == f"{other}/held"
    assert cases_made(mailing) == 0


def test_without_work_the_time_is_held_and_the_page_says_so(mailing: Flask, stranger: FlaskClient, held: str) -> None:
    page = stranger.get(f"{held}/held").text
    assert "Gardé pour vous jusqu’à 9\u00a0h\u00a015" in page
    assert PERSON["email"] in page
    assert "sera gardé 15\u00a0minutes" in stranger.get(f"{held}/person").text
    assert cases_made(mailing) == 0
    assert START not in stranger.get(REPAIR).text


def test_a_held_time_frees_itself(stranger: FlaskClient, held: str, clock_: Clock) -> None:
    assert stranger.post(REPAIR, data={"start": START}).status_code == 409
    clock_.pass_(minutes=15)
    assert START in stranger.get(REPAIR).text
    assert "n’est plus gardé" in stranger.get(f"{held}/held").text


def test_opening_the_mails_link_books_nothing_and_its_button_books_once(
    mailing: Flask, stranger: FlaskClient, letter: str
) -> None:
    page = stranger.get(letter)
    assert "commande avec obligation de paiement" in page.text
    assert cases_made(mailing) == 0
    first, second = stranger.post(letter), stranger.post(letter)
    assert first.location == second.location == stranger.get(letter).location
    assert cases_made(mailing) == 1
    with mailing.app_context():
        assert db.session.query(booking.Appointment).one().start == TUESDAY_10
        assert {c.kind for c in db.session.query(Consent)} == {"terms", "immediate"}


def test_confirmed_late_it_books_what_is_still_free(
    mailing: Flask, stranger: FlaskClient, letter: str, clock_: Clock
) -> None:
    clock_.pass_(minutes=40)
    assert stranger.post(letter).location.startswith("/case/")


def test_confirmed_too_late_the_next_free_time_is_one_button_away(
    mailing: Flask, stranger: FlaskClient, letter: str, clock_: Clock
) -> None:
    clock_.pass_(minutes=40)
    path = typed_up(stranger)
    other = PERSON | {"email": "other@exemple.example", "phone": "06 39 98 27 51"}
    stranger.post(f"{path}/person", data=other | AGREED | {"altcha": worked(stranger, path)})
    answer = stranger.post(letter)
    assert answer.status_code == 409
    offered = re.search(r'name="start" value="([^"]+)"', answer.text)
    assert offered
    assert stranger.post(letter, data={"start": offered[1]}).location.startswith("/case/")


def test_a_forged_link_confirms_nothing(mailing: Flask, stranger: FlaskClient, held: str) -> None:
    key = held.rpartition("/")[2]
    assert stranger.post(f"/confirm/{key}.AAAAAAAAAAAAAAAA").status_code == 404
    assert stranger.post(f"/confirm/{key}").status_code == 404
    assert cases_made(mailing) == 0


def test_a_mail_that_did_not_leave_is_said_on_the_page(
    mailing: Flask, stranger: FlaskClient, held: str, letter: str
) -> None:
    with mailing.app_context(), writing():
        mail = db.session.query(Mail).filter_by(name="hold").one()
        mail.state, mail.reason = "failed", "550 no such mailbox"
    assert "L’e-mail n’a pas pu partir" in stranger.get(f"{held}/held").text


def test_nobodys_mailbox_is_filled_from_here(mailing: Flask, stranger: FlaskClient) -> None:
    path = typed_up(stranger)
    for _turn in range(holds.LETTERS):
        assert stranger.post(f"{path}/person", data=PERSON | AGREED).status_code == 303
    answer = stranger.post(f"{path}/person", data=PERSON | AGREED)
    assert answer.status_code == 409
    assert "déjà écrit plusieurs fois" in answer.text


def test_one_network_holds_no_more_than_three_times(mailing: Flask, stranger: FlaskClient) -> None:
    stranger.environ_base |= ELSEWHERE
    for n in range(holds.OF_NETWORK + 1):
        path = typed_up(stranger, f"2026-11-2{4 + n}T09:00:00+00:00")
        who = PERSON | {"email": f"m{n}@exemple.example", "phone": f"06 39 98 27 5{n}"}
        status = stranger.post(f"{path}/person", data=who | AGREED).status_code
    assert status == 409


def test_one_network_books_eight_times_a_day_and_no_more(open_app: Flask, stranger: FlaskClient) -> None:
    """Under whatever invented addresses."""
    stranger.environ_base |= ELSEWHERE
    with open_app.app_context():
        slots = [slot.start.isoformat() for slot in booking.free_slots(booking.services()[0], NOW.date(), 7, NOW)]
    for n in range(intake.BOOKED + 1):
        path = typed_up(stranger, slots[n])
        who = PERSON | {"email": f"m{n}@exemple.example", "phone": f"06 39 98 27 5{n}"}
        answer = stranger.post(f"{path}/person", data=who | AGREED)
    assert answer.status_code == 409
    assert "Trop de rendez-vous ont été pris aujourd’hui" in answer.text
    assert cases_made(open_app) == intake.BOOKED


@pytest.mark.parametrize("address", ["91.198.174.192", "2a00:1450:4007:80e::200e"])
def test_one_network_begins_thirty_drafts_a_day_and_no_more(
    open_app: Flask, stranger: FlaskClient, clock_: Clock, address: str
) -> None:
    stranger.environ_base |= ELSEWHERE | {"REMOTE_ADDR": address}
    for _n in range(intake.BEGUN):
        assert stranger.post(REPAIR, data={"start": START}).status_code == 303
    answer = stranger.post(REPAIR, data={"start": START})
    assert answer.status_code == 409
    assert "sans être finies\u00a0: appelez-nous" in answer.text
    stranger.environ_base["REMOTE_ADDR"] = "91.198.174.193"
    assert stranger.post(REPAIR, data={"start": START}).status_code == 303


def test_the_shops_own_network_and_a_proxy_are_not_counted(open_app: Flask, stranger: FlaskClient) -> None:
    for address in ("192.168.1.20", "127.0.0.1", "::ffff:10.0.0.7"):
        stranger.environ_base |= ELSEWHERE | {"REMOTE_ADDR": address}
        for _n in range(intake.BEGUN + 1):
            assert stranger.post(REPAIR, data={"start": START}).status_code == 303


def test_a_flood_ends_before_the_disk_does(
    open_app: Flask, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "DRAFTS", 2)
    answers = [stranger.post(REPAIR, data={"start": START}).status_code for _n in range(3)]
    assert answers == [303, 303, 409]
    monkeypatch.setattr(intake, "DRAFTS", 3)
    path = begin(stranger)
    stranger.post(f"{path}/fault", data=FAULT | {"symptom": "x" * 100_000})
    with open_app.app_context():
        assert all(len(draft.typed) < 10_000 for draft in db.session.query(intake.Draft))


def test_yesterdays_holds_are_forgotten_with_their_drafts(mailing: Flask, held: str, clock_: Clock) -> None:
    with mailing.app_context(), writing():
        intake.purge(clock_.pass_(days=1, minutes=20))
        assert db.session.query(holds.Hold).count() == 0
