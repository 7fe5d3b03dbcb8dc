"""The way to an appointment: what is offered, what is typed, what is refused, and that nothing typed is lost."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from way import AGREED, FAULT, PERSON, REPAIR, SALE, START, a_photo, begin, typed
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from shopvisio import booking, catalogue, intake, legal, settings
from shopvisio.cases import Case, Consent, Photo
from shopvisio.db import db, writing
from shopvisio.intake import Draft


@pytest.fixture
def draft(stranger: FlaskClient) -> str:
    """The address of a draft of a repair, its fault told, its safety gate passed."""
    path = begin(stranger)
    assert stranger.post(f"{path}/fault", data=FAULT).location == f"{path}/safety"
    assert stranger.post(f"{path}/safety", data={"danger": "nothing"}).location == f"{path}/person"
    return path


# -- home and times


def test_the_home_page_offers_repairs_first_with_the_promise_and_the_next_free_time(stranger: FlaskClient) -> None:
    page = stranger.get("/").text
    assert page.index("Réparer en visio") < page.index("Acheter en visio")
    assert "<b>29\u00a0€</b> si c’est réparé" in page
    assert "Premier horaire libre\u00a0: lundi 23 novembre, 10\u00a0h." in page
    assert page.count("btn wide first") == 1


def test_the_first_free_time_is_one_tap_on_whatever_days_one_looks_at(
    open_app: Flask, stranger: FlaskClient, clock_: Clock
) -> None:
    with open_app.app_context(), writing():
        booking.close(NOW.date(), NOW.date() + timedelta(days=8), "Congés")
    soonest = re.compile(r'<button class="btn wide soonest" name="start" value="(.*?)">.*?<small>(.*?)</small>')
    first = ("2026-12-02T08:00:00+00:00", "mercredi 2 décembre, 9\u00a0h")
    for days in ("", "?from=2026-11-30", "?from=2026-12-14"):
        page = stranger.get(f"{REPAIR}{days}").text
        assert soonest.findall(page) == [first]
        assert ("Plus d’horaire libre cette semaine-là" in page) is (not days)
    assert stranger.post(REPAIR, data={"start": first[0]}).status_code == 303
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], datetime.fromisoformat(first[0]))
    page = stranger.post(REPAIR, data={"start": first[0]})
    assert page.status_code == 409
    assert soonest.findall(page.text) == [("2026-12-02T09:00:00+00:00", "mercredi 2 décembre, 10\u00a0h")]


def test_the_home_page_says_so_when_nothing_may_be_booked(open_app: Flask, stranger: FlaskClient) -> None:
    with open_app.app_context(), writing():
        for service in booking.services():
            service.active = False
    assert "ne sont pas encore ouverts" in stranger.get("/").text


def test_the_promise_follows_the_fee(open_app: Flask, stranger: FlaskClient) -> None:
    with open_app.app_context(), writing():
        settings.put({"fee": "32,50"}, "tests", NOW)
    assert "32,50\u00a0€" in stranger.get("/").text
    assert "32,50\u00a0€ si c’est réparé" in stranger.get(REPAIR).text


def test_amounts_are_written_as_each_reader_writes_them(stranger: FlaskClient) -> None:
    for language, fee, nothing in (
        ("fr", "29\u00a0€", "0\u00a0€"),
        ("en", "€29", "€0"),
        ("fr", "29\u00a0€", "0\u00a0€"),
    ):
        page = stranger.get("/", headers={"Accept-Language": language}).text
        assert f"<b>{fee}</b>" in page
        assert f"<b>{nothing}</b>" in page


def test_times_are_buttons_that_say_the_whole_date(stranger: FlaskClient) -> None:
    page = stranger.get(REPAIR)
    assert page.status_code == 200
    buttons = re.findall(r'<button class="slot" name="start" value="([^"]+)">(.*?)</button>', page.text)
    words = {start: re.sub("<[^>]+>", "", text) for start, text in buttons}
    assert words[START] == "mardi 24 novembre, 10\u00a0h"
    assert min(words) == "2026-11-23T09:00:00+00:00"  # the minimum notice of an hour is obeyed
    assert "<h2" in page.text.split("mardi 24 novembre", 1)[0]


def test_looking_at_times_keeps_nothing(open_app: Flask, stranger: FlaskClient) -> None:
    stranger.get(REPAIR)
    stranger.get(f"{REPAIR}?start={START}")
    with open_app.app_context():
        assert db.session.scalars(db.select(Draft)).all() == []


@pytest.mark.parametrize("first", ["2026-11-30", "1950-01-01", "9999-12-31", "monday", "", "2026-02-30"])
def test_times_page_on_from_any_day_that_is_asked(stranger: FlaskClient, first: str) -> None:
    page = stranger.get(REPAIR, query_string={"from": first})
    assert page.status_code == 200
    if first == "2026-11-30":
        assert "lundi 30 novembre" in page.text
        assert "from=2026-11-23" in page.text
        assert "from=2026-12-07" in page.text


def test_past_the_last_day_there_is_no_page_to_go_on_to(stranger: FlaskClient) -> None:
    page = stranger.get(f"{REPAIR}?from=2026-12-21")
    assert "Jours suivants" not in page.text
    assert "Jours précédents" in page.text


def test_a_service_that_is_not_there_is_not_found(open_app: Flask, stranger: FlaskClient) -> None:
    assert stranger.get("/book/99").status_code == 404
    with open_app.app_context(), writing():
        booking.services()[0].active = False
    assert stranger.get(REPAIR).status_code == 404


@pytest.mark.parametrize("start", ["", "tomorrow", "2026-11-24T10:00", "99999-11-24T09:00:00+00:00", "1e9"])
def test_a_time_that_cannot_be_read_is_asked_again(stranger: FlaskClient, start: str) -> None:
    answer = stranger.post(REPAIR, data={"start": start})
    assert answer.status_code == 422
    assert "Choisissez un horaire dans la liste." in answer.text
    assert 'class="slot"' in answer.text


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("2026-11-20T09:00:00+00:00", 409),  # past
        ("2026-11-23T08:30:00+00:00", 409),  # too soon
        ("2026-11-24T12:00:00+00:00", 409),  # closed for lunch
        ("2027-11-24T09:00:00+00:00", 422),  # too far
    ],
)
def test_a_time_that_was_never_offered_is_refused_with_the_list(stranger: FlaskClient, start: str, status: int) -> None:
    answer = stranger.post(REPAIR, data={"start": start})
    assert answer.status_code == status
    assert 'class="slot"' in answer.text


def test_a_taken_time_is_refused_with_the_next_free_one(open_app: Flask, stranger: FlaskClient) -> None:
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], TUESDAY_10)
    answer = stranger.post(REPAIR, data={"start": START})
    assert answer.status_code == 409
    assert "vient d’être pris" in answer.text
    assert START not in answer.text


# -- the fault


def test_the_fault_is_asked_again_with_what_was_typed(stranger: FlaskClient) -> None:
    path = begin(stranger)
    answer = stranger.post(f"{path}/fault", data={"device": "Four & grill", "brand": "Silva", "symptom": "  "})
    assert answer.status_code == 422
    assert "Une réponse est à corriger" in answer.text
    assert 'href="#symptom"' in answer.text
    assert 'aria-describedby="symptom-help symptom-why"' in answer.text
    assert typed(answer, "device") == "Four &amp; grill"
    assert typed(stranger.get(f"{path}/fault"), "brand") == "Silva"  # and kept, should they come back later


def test_a_fault_too_long_is_refused_in_words(stranger: FlaskClient) -> None:
    path = begin(stranger)
    answer = stranger.post(f"{path}/fault", data={**FAULT, "symptom": "x" * 3001})
    assert answer.status_code == 422
    assert "3000 signes au plus." in answer.text


def test_photos_are_shown_at_once_and_may_be_taken_back(open_app: Flask, stranger: FlaskClient) -> None:
    path = begin(stranger)
    answer = stranger.post(f"{path}/fault", data={"add": "1", "photos": [(a_photo(), "a.jpg"), (a_photo(), "b.jpg")]})
    assert answer.location == f"{path}/fault#photos"
    page = stranger.get(f"{path}/fault").text
    shown = re.findall(rf'src="({path}/photo/\d+)\?small=1"', page)
    assert len(shown) == 2
    picture = stranger.get(shown[0])
    assert picture.mimetype == "image/jpeg"
    assert Image.open(BytesIO(picture.data)).size == (400, 200)
    picture.close()
    uploads = open_app.config["SHOP"].uploads
    assert len(list(uploads.iterdir())) == 2 * 2  # each with its small copy
    stranger.post(f"{path}/fault", data={"remove": shown[0].rpartition("/")[2]})
    assert stranger.get(shown[0]).status_code == 404
    assert len(list(uploads.iterdir())) == 2


def test_numbers_that_are_none_are_no_fault_of_ours(stranger: FlaskClient) -> None:
    path = begin(stranger)
    assert stranger.post(f"{path}/fault", data={"remove": "²"}).status_code == 303
    assert stranger.get(f"/book/{2**64}").status_code == 404


def test_what_was_typed_is_kept_while_photos_come_and_go(stranger: FlaskClient) -> None:
    path = begin(stranger)
    stranger.post(f"{path}/fault", data={"device": "Four", "add": "1", "photos": (a_photo(), "a.jpg")})
    assert typed(stranger.get(f"{path}/fault"), "device") == "Four"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("note.jpg", b"this is text", "note.jpg\u00a0: Ce fichier n’est pas une photo lisible"),
        ("page.pdf", b"%PDF-1.7 not a picture", "page.pdf\u00a0: Ce fichier n’est pas une photo lisible"),
        ("heavy.jpg", b"\xff\xd8" + b"x" * (50 << 20), "heavy.jpg\u00a0: cette photo est trop lourde, 20\u00a0Mo"),
        ("<b>.jpg", b"text", "&lt;b&gt;.jpg"),
    ],
)
def test_a_photo_that_cannot_be_used_is_named_and_the_rest_kept(
    stranger: FlaskClient, name: str, data: bytes, sentence: str
) -> None:
    path = begin(stranger)
    files = [FileStorage(a_photo(), "a.jpg", "photos"), FileStorage(BytesIO(data), name, "photos")]
    boundary, body = encode_multipart({**FAULT, "photos": files})
    answer = stranger.post(f"{path}/fault", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert typed(answer, "device") == FAULT["device"]
    assert answer.text.count('name="remove"') == 1  # the good one stays


def test_six_photos_are_enough(stranger: FlaskClient) -> None:
    path = begin(stranger)
    answer = stranger.post(f"{path}/fault", data={**FAULT, "photos": [(a_photo(40), f"{n}.jpg") for n in range(7)]})
    assert answer.status_code == 422
    assert "6 photos suffisent." in answer.text
    assert answer.text.count('name="remove"') == 6
    assert 'type="file"' not in answer.text


def test_a_photo_that_all_drafts_together_leave_no_room_for_says_so(
    open_app: Flask, stranger: FlaskClient, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "ALL_PHOTOS", 0)
    answer = stranger.post(f"{draft}/fault", data=FAULT | {"photos": (a_photo(), "etiquette.jpg"), "add": "1"})
    assert answer.status_code == 422
    assert "Les photos ne passent pas pour l’instant\u00a0: continuez sans" in answer.text
    assert FAULT["symptom"] in answer.text
    with open_app.app_context():
        assert list(open_app.config["SHOP"].uploads.iterdir()) == []
    assert stranger.post(f"{draft}/fault", data=FAULT).location == f"{draft}/safety"


def test_the_photos_go_with_the_case(open_app: Flask, stranger: FlaskClient, draft: str) -> None:
    stranger.post(f"{draft}/fault", data={**FAULT, "photos": (a_photo(), "a.jpg")})
    case = stranger.post(f"{draft}/person", data=PERSON | AGREED).location.partition("?")[0]
    with open_app.app_context():
        photo = db.session.scalars(db.select(Photo)).one()
        assert (photo.width, photo.height) == (400, 200)
    with stranger.get(f"{case}/photo/{photo.id}") as picture:
        assert picture.mimetype == "image/jpeg"


def test_nobody_sees_a_photo_without_the_key_of_its_draft(stranger: FlaskClient) -> None:
    path = begin(stranger)
    stranger.post(f"{path}/fault", data={"add": "1", "photos": (a_photo(), "a.jpg")})
    other = begin(stranger, start="2026-11-24T10:00:00+00:00")
    assert stranger.get(f"{other}/photo/1").status_code == 404
    assert stranger.get("/draft/guessed/photo/1").status_code == 404


def test_a_draft_that_is_gone_says_what_to_do(stranger: FlaskClient) -> None:
    for page in ("fault", "person", "time"):
        answer = stranger.get(f"/draft/nothing/{page}")
        assert answer.status_code == 404
        assert "Recommencez\u00a0: cela prend une minute." in answer.text


def test_another_time_keeps_what_was_typed(stranger: FlaskClient, draft: str) -> None:
    later = "2026-11-25T13:00:00+00:00"
    assert f'action="{draft}/time"' in stranger.get(f"{draft}/time").text
    assert stranger.post(f"{draft}/time", data={"start": later}).location == f"{draft}/fault"
    page = stranger.get(f"{draft}/fault")
    assert "mercredi 25 novembre, 14\u00a0h" in page.text
    assert typed(page, "device") == FAULT["device"]
    assert stranger.post(f"{draft}/time", data={"start": "never"}).status_code == 422


# -- the person


def test_the_fault_comes_before_the_person(stranger: FlaskClient) -> None:
    path = begin(stranger)
    assert stranger.get(f"{path}/person").location == f"{path}/fault"


def test_a_repair_is_booked_with_what_was_agreed_word_for_word(
    open_app: Flask, stranger: FlaskClient, draft: str
) -> None:
    answer = stranger.post(f"{draft}/person", data=PERSON | AGREED)
    assert answer.status_code == 303
    assert re.fullmatch(r"/case/[0-9A-Za-z]+\.[\w-]+\?new=1", answer.location)
    with open_app.app_context():
        case = db.session.scalars(db.select(Case)).one()
        appointment = booking.appointments(case)[0]
        consents = {c.kind: c for c in db.session.scalars(db.select(Consent))}
        assert (case.device, case.symptom, case.fee) == (FAULT["device"], FAULT["symptom"], 2900)
        assert (case.customer.email, case.customer.phone) == ("marie@exemple.example", "+33639982750")
        assert appointment.start == TUESDAY_10
        assert appointment.staff.name == "Karim Benali"
        assert consents["immediate"].text == legal.current("immediate", "fr", NOW).text
        assert "conditions générales de la boutique Atelier Lumière" in consents["terms"].text
        assert consents["terms"].address == "127.0.0.1"


def test_the_button_says_what_it_costs_and_that_it_is_an_order(stranger: FlaskClient, draft: str) -> None:
    page = stranger.get(f"{draft}/person").text
    button = re.search(r'<button class="btn first wide">(.*?)</button>', page, re.DOTALL)
    assert button
    assert "29\u00a0€ uniquement si\u00a0réparé" in button[1]
    assert "commande avec obligation de paiement" in button[1]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"email": "marie@orange"}, "email", "Il manque une partie de l’adresse"),
        ({"email": ""}, "email", "Indiquez votre adresse e-mail."),
        ({"phone": "12"}, "phone", "Ce numéro de téléphone n’est pas complet."),
        ({"phone": ""}, "phone", "Indiquez un numéro où vous joindre."),
        ({"name": " "}, "name", "Indiquez votre nom."),
        ({"terms": None}, "terms", "Cochez pour accepter les conditions générales."),
        ({"immediate": None}, "immediate", "la loi nous fait attendre 14 jours"),
        ({"website": "https://spam.example"}, "website", "Laissez cette case vide."),
    ],
)
def test_each_answer_that_cannot_be_used_is_named_and_all_is_kept(
    open_app: Flask, stranger: FlaskClient, draft: str, changed: dict[str, str | None], field: str, sentence: str
) -> None:
    given = {name: value for name, value in (PERSON | AGREED | changed).items() if value is not None}
    answer = stranger.post(f"{draft}/person", data=given)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert sentence in answer.text
    for name in ("name", "email", "phone"):
        assert typed(answer, name) == (given[name].strip())
    with open_app.app_context():
        assert db.session.scalars(db.select(Case)).all() == []


def test_sent_twice_is_booked_once(open_app: Flask, stranger: FlaskClient, draft: str) -> None:
    first = stranger.post(f"{draft}/person", data=PERSON | AGREED)
    second = stranger.post(f"{draft}/person", data=PERSON | AGREED)
    assert second.status_code == 303
    assert second.location == first.location
    assert stranger.get(f"{draft}/fault").location == first.location
    with open_app.app_context():
        assert len(db.session.scalars(db.select(Case)).all()) == 1


def test_the_loser_of_a_time_is_offered_the_next_with_everything_kept(
    open_app: Flask, stranger: FlaskClient, draft: str
) -> None:
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], TUESDAY_10)
    answer = stranger.post(f"{draft}/person", data=PERSON | AGREED)
    assert answer.status_code == 409
    assert "vient d’être pris" in answer.text
    assert typed(answer, "name") == PERSON["name"]
    assert 'checked id="terms"' in answer.text
    offered = re.search(r'name="start" value="([^"]+)"', answer.text)
    assert offered
    booked = stranger.post(f"{draft}/person", data={**PERSON, **AGREED, "start": offered[1]})
    assert booked.status_code == 303
    with open_app.app_context():
        case = db.session.scalars(db.select(Case).order_by(Case.id.desc())).first()
        assert case is not None
        assert booking.appointments(case)[0].start == datetime.fromisoformat(offered[1])


def test_a_forged_other_time_is_refused_and_all_is_kept(stranger: FlaskClient, draft: str) -> None:
    answer = stranger.post(f"{draft}/person", data={**PERSON, **AGREED, "start": "soon"})
    assert answer.status_code == 422
    assert typed(answer, "name") == PERSON["name"]


def test_a_sale_asks_no_order_and_no_hurry(open_app: Flask, stranger: FlaskClient) -> None:
    path = begin(stranger, SALE)
    page = stranger.get(f"{path}/fault").text
    assert "Que voulez-vous voir\u00a0?" in page
    assert 'name="brand"' not in page
    assert "si c’est réparé" not in page
    assert stranger.post(f"{path}/fault", data={"device": "Une cafetière"}).location == f"{path}/person"
    page = stranger.get(f"{path}/person").text
    assert "obligation de paiement" not in page
    assert 'name="immediate"' not in page
    assert stranger.post(f"{path}/person", data={**PERSON, "terms": "y"}).status_code == 303
    with open_app.app_context():
        case = db.session.scalars(db.select(Case)).one()
        assert (case.kind, case.fee, case.device) == ("sale", 0, "Une cafetière")


def test_a_form_without_its_token_is_refused(open_app: Flask, stranger: FlaskClient) -> None:
    open_app.config["WTF_CSRF_ENABLED"] = True
    assert stranger.post(REPAIR, data={"start": START}).status_code == 400
    page = stranger.get(REPAIR).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert stranger.post(REPAIR, data={"start": START, "csrf_token": token[1]}).status_code == 303


def test_a_draft_of_yesterday_is_forgotten_with_its_photos(
    open_app: Flask, stranger: FlaskClient, clock_: Clock
) -> None:
    path = begin(stranger)
    stranger.post(f"{path}/fault", data={"add": "1", "photos": (a_photo(), "a.jpg")})
    with open_app.app_context(), writing():
        assert len(intake.purge(clock_.pass_(days=1, minutes=1))) == 1
    assert stranger.get(f"{path}/fault").status_code == 404


# -- coming back


def test_a_pasted_link_leads_to_its_case(stranger: FlaskClient, case_path: str) -> None:
    for pasted in (f"https://shop.example{case_path}", f"voici {case_path}/call et merci", f"{case_path}?new=1"):
        assert stranger.get("/call", query_string={"link": pasted}).location == case_path


@pytest.mark.parametrize("pasted", ["abc", "/case/", "/case/forged.AAAAAAAAAAAAAAAA", "https://evil.example/"])
def test_a_link_that_is_not_whole_is_asked_again(stranger: FlaskClient, pasted: str) -> None:
    answer = stranger.get("/call", query_string={"link": pasted})
    assert answer.status_code == 422
    assert "Ce lien n’est pas entier." in answer.text
    assert pasted in answer.text


def test_the_way_in_is_explained(stranger: FlaskClient) -> None:
    answer = stranger.get("/call")
    assert answer.status_code == 200
    assert "n’est pas entier" not in answer.text


# -- the same for all


def test_no_page_of_the_way_holds_anything_its_policy_forbids(
    open_app: Flask, stranger: FlaskClient, draft: str
) -> None:
    with open_app.app_context(), writing():
        catalogue.add("Bouilloire", "49,90", "", "", NOW)
    pages = ["/", REPAIR, SALE, "/call", "/nowhere"]
    pages += [f"{draft}/{step}" for step in ("time", "fault", "safety", "person")]
    pages += [f"/legal/{name}" for name in ("prices", "notice", "terms", "privacy", "mediator")]
    for path in pages:
        answer = stranger.get(path)
        assert not re.search(r'\sstyle="|<style|\son\w+="|<script(?![^>]*\ssrc=)', answer.text), path
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text), path
        assert 'href="tel:+33465711234"' in answer.text, path  # a worried customer can always call
        assert answer.headers["Cache-Control"] == "no-store"


def test_around_daylight_saving_the_hour_is_the_one_on_the_wall(
    open_app: Flask, stranger: FlaskClient, clock_: Clock
) -> None:
    clock_.now = datetime(2027, 3, 26, 8, 0, tzinfo=UTC)  # the Friday before clocks go forward
    page = stranger.get(REPAIR).text
    starts = dict(re.findall(r'value="([^"]+)"><span>([^<]+)', page))
    assert "2027-03-27T08:00:00+00:00" in starts  # Saturday, 9 h in winter
    assert "2027-03-30T07:00:00+00:00" in starts  # Tuesday, 9 h in summer; Monday is a public holiday
    assert timedelta(0) not in {datetime.fromisoformat(start).utcoffset() != timedelta(0) for start in starts}
