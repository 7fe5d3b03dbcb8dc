"""Talking at once, when somebody is free by their hours, in no call, with nothing booked too near; else a message."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from conftest import NOW, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from way import AGREED, FAULT, PERSON, REPAIR, START, a_photo

from shopvisio import booking, inquiries, mail, settings
from shopvisio.booking import Appointment
from shopvisio.db import db, writing
from shopvisio.inquiries import Inquiry
from shopvisio.mail import Mail
from shopvisio.web import presence
from shopvisio.web.presence import Person

NOW_PATH = f"{REPAIR}/now"
WORDS = {"name": "Odile", "contact": "06 39 98 27 50", "words": "Mon four reste froid."}


def fill_in(client: FlaskClient, path: str) -> str:
    """The short form up to its last step."""
    client.post(f"{path}/fault", data=FAULT)
    client.post(f"{path}/safety", data={"danger": "nothing"})
    return path


def begin_now(client: FlaskClient) -> str:
    """A draft for a talk at once."""
    answer = client.post(NOW_PATH)
    assert answer.location.endswith("/fault"), answer.location
    return fill_in(client, answer.location.removesuffix("/fault"))


def test_who_is_free_now_is_offered_on_home_and_among_the_times(stranger: FlaskClient) -> None:
    for path in ("/", REPAIR):
        page = stranger.get(path).text
        assert "Karim est libre maintenant" in page
        assert f'action="{NOW_PATH}"' in page
    assert "Laisser un message" not in stranger.get("/").text


def test_a_talk_at_once_is_an_appointment_that_begins_within_a_minute(
    open_app: Flask, stranger: FlaskClient, clock_: Clock
) -> None:
    path = begin_now(stranger)
    assert "dès que ces questions sont finies" in stranger.get(f"{path}/person").text
    clock_.pass_(minutes=7, seconds=20)
    answer = stranger.post(f"{path}/person", data=PERSON | AGREED)
    assert "Entrer dans la salle d’attente" in stranger.get(answer.location).text
    with open_app.app_context():
        appointment = db.session.query(Appointment).one()
        assert appointment.start == NOW + timedelta(minutes=8)
        assert appointment.staff.name == "Karim Benali"


def test_the_wait_is_the_honest_one(open_app: Flask, stranger: FlaskClient, clock_: Clock) -> None:
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], NOW + timedelta(hours=1))  # from 10 to 10.45, and 15 minutes' pause
    clock_.pass_(hours=1, minutes=40)
    assert "Karim est libre dans 20 minutes environ" in stranger.get("/").text
    path = begin_now(stranger)
    stranger.post(f"{path}/person", data=PERSON | AGREED)
    with open_app.app_context():
        assert max(a.start for a in db.session.query(Appointment)) == NOW + timedelta(hours=2)


def _out_of_hours(app: Flask, clock_: Clock) -> None:
    clock_.pass_(hours=12)


def _booked_too_near(app: Flask, clock_: Clock) -> None:
    with app.app_context(), writing():
        book_visit(booking.services("repair")[0], NOW + timedelta(hours=1))
    clock_.pass_(minutes=25)


def _in_a_call(app: Flask, clock_: Clock) -> None:
    with app.app_context():
        karim = booking.takers(booking.services("repair")[0])[0].id
    presence.enter("another", Person("sid-now", f"staff:{karim}", "staff", "Karim Benali"))


def _switched_off(app: Flask, clock_: Clock) -> None:
    with app.app_context(), writing():
        booking.takers(booking.services("repair")[0])[0].away = NOW + timedelta(hours=10)


@pytest.mark.parametrize("why", [_out_of_hours, _booked_too_near, _in_a_call, _switched_off])
def test_nobody_free_is_nobody_offered(
    open_app: Flask, stranger: FlaskClient, clock_: Clock, why: Callable[[Flask, Clock], None]
) -> None:
    why(open_app, clock_)
    try:
        assert "Karim est libre" not in stranger.get("/").text
        assert stranger.post(NOW_PATH).location == REPAIR
    finally:
        presence.empty("another")


def test_who_was_free_and_is_no_more_leaves_the_next_time_and_the_form_kept(
    open_app: Flask, stranger: FlaskClient, clock_: Clock
) -> None:
    path = begin_now(stranger)
    with open_app.app_context(), writing():
        booking.takers(booking.services("repair")[0])[0].away = NOW + timedelta(hours=10)
    answer = stranger.post(f"{path}/person", data=PERSON | AGREED)
    assert answer.status_code == 409
    assert "Plus personne n’est libre à l’instant" in answer.text
    offered = re.search(r'name="start" value="([^"]+)"', answer.text)
    assert offered
    assert stranger.post(f"{path}/person", data=PERSON | AGREED | {"start": offered[1]}).location.startswith("/case/")


def test_another_moment_may_be_chosen_instead(open_app: Flask, stranger: FlaskClient) -> None:
    path = begin_now(stranger)
    stranger.post(f"{path}/time", data={"start": START})
    stranger.post(f"{path}/person", data=PERSON | AGREED)
    with open_app.app_context():
        assert db.session.query(Appointment).one().start.isoformat() == START


def test_without_work_a_talk_at_once_waits_for_the_mail_and_keeps_no_time(
    open_app: Flask, stranger: FlaskClient
) -> None:
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "localhost"}, "tests", NOW)
    path = begin_now(stranger)
    assert stranger.post(f"{path}/person", data=PERSON | AGREED).location == f"{path}/held"
    assert "Quelqu’un est libre en ce moment" in stranger.get(f"{path}/held").text
    assert stranger.post(NOW_PATH).location.endswith("/fault")


def test_a_colleague_switches_themselves_off_until_midnight(
    open_app: Flask, stranger: FlaskClient, repairer_client: FlaskClient, clock_: Clock
) -> None:
    assert "Pas aujourd’hui" in repairer_client.get("/desk").text
    repairer_client.post("/desk/available", data={"available": "no"})
    assert "Karim est libre" not in stranger.get("/").text
    assert "de nouveau disponible" in repairer_client.get("/desk").text
    repairer_client.post("/desk/available", data={"available": "yes"})
    assert "Karim est libre" in stranger.get("/").text
    repairer_client.post("/desk/available", data={"available": "no"})
    clock_.pass_(days=1)
    assert "Karim est libre" in stranger.get("/").text


# -- a message, when nobody is


@pytest.fixture
def left(stranger: FlaskClient, clock_: Clock) -> str:
    """The page of a message that was left at night."""
    clock_.pass_(hours=12)
    assert "Laisser un message" in stranger.get("/").text
    answer = stranger.post("/message", data=WORDS | {"key": the_key(stranger)})
    assert answer.status_code == 303, answer.text
    return answer.location


def the_key(client: FlaskClient) -> str:
    """What the page itself names the message."""
    found = re.search(r'name="key" value="(\w{20})"', client.get("/message").text)
    assert found
    return found[1]


def test_a_message_reaches_the_desk_and_the_shops_mailbox(
    open_app: Flask, stranger: FlaskClient, repairer_client: FlaskClient, left: str, run_jobs: Callable[[], int]
) -> None:
    assert "Votre message est arrivé" in stranger.get(left).text
    page = repairer_client.get("/desk/messages").text
    for words in ("Odile", "06\u00a039\u00a098\u00a027\u00a050", "Mon four reste froid."):
        assert words in page
    assert re.search(r'Messages<span class="n">1</span>', page)
    run_jobs()
    with open_app.app_context():
        mail = db.session.query(Mail).filter_by(name="inquiry").one()
        assert mail.to == settings.get("email")
        assert "Mon four reste froid." in mail.text


def test_a_name_of_several_lines_keeps_no_mail_back(
    open_app: Flask, stranger: FlaskClient, clock_: Clock, run_jobs: Callable[[], int]
) -> None:
    """A head of a mail holds one line: what a stranger typed into it stopped the message to the shop for good."""
    named = WORDS | {"name": "Odile\r\x0bKervella\u2028Bcc: x@x.example\x00"}
    assert stranger.post("/message", data=named | {"key": the_key(stranger)}).status_code == 303
    run_jobs()
    with open_app.app_context():
        written = mail.message(db.session.query(Mail).filter_by(name="inquiry").one(), {}, clock_.now)
        assert written["Subject"] == "Un message de Odile Kervella Bcc: x@x.example"
        assert b"Subject: Un message de Odile Kervella Bcc" in written.as_bytes()


def test_photos_follow_a_message(
    open_app: Flask, stranger: FlaskClient, repairer_client: FlaskClient, left: str
) -> None:
    files = [(a_photo(40), f"{n}.jpg") for n in range(inquiries.PHOTOS)]
    assert stranger.post(f"{left}/photos", data={"photos": files}).location == f"{left}#photos"
    shown = re.findall(rf'src="({left}/photo/\d+)\?small=1"', stranger.get(left).text)
    assert len(shown) == inquiries.PHOTOS
    with stranger.get(shown[0]) as picture:
        assert picture.mimetype == "image/jpeg"
    with repairer_client.get(f"/desk/messages/{left.rpartition('/')[2]}/photo/1") as picture:
        assert picture.mimetype == "image/jpeg"
    assert stranger.post(f"{left}/photos", data={"photos": (a_photo(40), "e.jpg")}).status_code == 422
    assert stranger.post(f"{left}/photos", data={"photos": (BytesIO(b"text"), "e.txt")}).status_code == 422
    assert stranger.get("/message/guessed").status_code == 404


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "Indiquez votre nom."),
        ({"contact": "12"}, "Un numéro de téléphone ou une adresse e-mail, en entier."),
        ({"contact": "odile@"}, "Un numéro de téléphone ou une adresse e-mail, en entier."),
        ({"words": ""}, "Écrivez quelques mots."),
        ({"words": "x" * 3001}, "3000 signes au plus"),
        ({"website": "https://spam.example"}, "Laissez cette case vide."),
    ],
)
def test_what_cannot_be_answered_is_asked_again_and_kept(
    open_app: Flask, stranger: FlaskClient, changed: dict[str, str], sentence: str
) -> None:
    answer = stranger.post("/message", data=WORDS | {"key": the_key(stranger)} | changed)
    assert answer.status_code == 422
    assert sentence in answer.text
    if "words" not in changed:
        assert WORDS["words"] in answer.text
    with open_app.app_context():
        assert db.session.query(Inquiry).count() == 0


def test_a_message_sent_twice_is_kept_once(open_app: Flask, stranger: FlaskClient) -> None:
    key = the_key(stranger)
    first, second = (stranger.post("/message", data=WORDS | {"key": key}).location for _turn in range(2))
    assert first == second
    with open_app.app_context():
        assert db.session.query(Inquiry).count() == 1


def test_one_network_leaves_five_messages_a_day(stranger: FlaskClient) -> None:
    stranger.environ_base |= {"REMOTE_ADDR": "91.198.174.192", "shopvisio.tls": True}
    answers = [stranger.post("/message", data=WORDS | {"key": the_key(stranger)}) for _n in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [409]
    assert "appelez-nous plutôt" in answers[-1].text
    assert WORDS["words"] in answers[-1].text


def test_staff_mark_a_message_answered_and_take_it_back(
    open_app: Flask, repairer_client: FlaskClient, left: str, clock_: Clock
) -> None:
    path = f"/desk/messages/{left.rpartition('/')[2]}"
    repairer_client.post(path, data={"answered": "yes"})
    page = repairer_client.get("/desk/messages").text
    assert "Répondu le 23\u00a0nov. par Karim Benali" in page or "Répondu le 23 nov. par Karim Benali" in page
    assert "Messages<span" not in page
    repairer_client.post(path, data={"answered": "no"})
    assert "Messages<span" in repairer_client.get("/desk/messages").text
    repairer_client.post(path, data={"answered": "yes"})
    with open_app.app_context(), writing():
        assert inquiries.purge(clock_.pass_(days=91)) == []
        assert db.session.query(Inquiry).count() == 0
