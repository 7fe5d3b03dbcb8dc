"""Stills sent beside a call: who may, what is kept of them, what nonsense meets."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from conftest import TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from shopvisio import booking, calls, db, pictures, stills
from shopvisio.stills import Still
from shopvisio.web import guard

ONCE = "a-word-of-the-page"


def photo(size: tuple[int, int] = (3000, 2000)) -> bytes:
    """A photo as a telephone takes it."""
    made = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, "JPEG")
    return made.getvalue()


def sent(data: bytes = b"", once: str = ONCE) -> dict[str, object]:
    """The form that a page sends."""
    return {"once": once, "photo": FileStorage(BytesIO(data or photo()), "photo.jpg", "photo")}


@pytest.fixture
def path(case_path: str, booked_key: str, open_app: Flask, clock_: Clock) -> str:
    """Where the customer's photos go, once they have come to their call."""
    clock_.now = TUESDAY_10
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.arrive(appointment, appointment.case.customer.actor, TUESDAY_10)
    return f"{case_path}/call/{booked_key}/stills"


def post(client: FlaskClient, path: str, form: dict[str, object]) -> TestResponse:
    """Sent from memory: the test client's own way leaves a file open."""
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(path, data=body, content_type=kind, headers={"Accept": "application/json"})


def rows(app: Flask) -> list[Still]:
    with app.app_context():
        return list(db.db.session.query(Still))


def files(app: Flask) -> list[Path]:
    folder: Path = app.config["SHOP"].uploads
    return sorted(folder.glob("*.jpg")) if folder.exists() else []


def test_a_still_is_kept_at_full_size_with_a_small_copy_and_told_in_the_story(
    path: str, stranger: FlaskClient, repairer_client: FlaskClient, open_app: Flask, case_path: str
) -> None:
    answer = post(stranger, path, sent())
    assert answer.status_code == 201
    told = answer.get_json()
    assert (told["role"], told["width"], told["height"], told["visit"]) == ("customer", 3000, 2000, 1)
    for query, longest in (("", 3000), ("?small=1", stills.SMALL)):
        with (
            stranger.get(f"{case_path}/still/{told['id']}{query}") as seen,
            Image.open(BytesIO(seen.data)) as kept,
        ):
            assert max(kept.size) == longest
            assert "immutable" in seen.headers["Cache-Control"]
    with open_app.app_context():
        key = db.db.session.get_one(Still, told["id"]).appointment.case.key
    page = repairer_client.get(f"/desk/cases/{key}").text
    assert "Photo prise pendant l’appel." in page
    assert f"/desk/cases/{key}/still/{told['id']}" in page
    assert f"/still/{told['id']}" in stranger.get(case_path).text


def test_staff_send_theirs_from_the_desk_and_one_after_the_other_they_are_one_line(
    path: str, stranger: FlaskClient, repairer_client: FlaskClient, open_app: Flask, booked_key: str
) -> None:
    post(stranger, path, sent())
    answer = post(repairer_client, f"/desk/appointments/{booked_key}/stills", sent(once="another-word"))
    assert (answer.status_code, answer.get_json()["name"]) == (201, "Karim Benali")
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        key = appointment.case.key
    assert "2 photos prises pendant l’appel." in repairer_client.get(f"/desk/cases/{key}").text


def test_sent_twice_it_is_kept_once(path: str, stranger: FlaskClient, open_app: Flask) -> None:
    first = post(stranger, path, sent()).get_json()
    assert post(stranger, path, sent()).get_json() == first
    assert len(rows(open_app)) == 1
    assert len(files(open_app)) == 2


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b" ", 422),
        (b"<svg onload=alert(1)>", 422),
        (b"%PDF-1.7", 422),
        (b"\xff\xd8\xff" + b"\0" * 500, 422),
        (b"x" * (pictures.LARGEST + 1), 422),
        (b"x" * (pictures.LARGEST + (2 << 20)), 413),
    ],
)
def test_what_is_no_photo_is_refused_and_leaves_nothing(
    path: str, stranger: FlaskClient, open_app: Flask, data: bytes, status: int
) -> None:
    answer = post(stranger, path, sent(data))
    assert answer.status_code == status
    assert answer.get_json()["message"]
    assert (rows(open_app), files(open_app)) == ([], [])


def test_nothing_at_all_is_refused(path: str, stranger: FlaskClient) -> None:
    empty = {"once": ONCE, "photo": FileStorage(BytesIO(b""), "photo.jpg", "photo")}
    for form in ({}, {"once": ONCE}, empty, {**sent(), "once": ""}, {**sent(), "once": "../../x"}):
        assert post(stranger, path, form).status_code == 422


def test_a_visit_has_room_for_so_many(
    path: str, stranger: FlaskClient, open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "MOST", 1)
    post(stranger, path, sent())
    answer = post(stranger, path, sent(once="another-word"))
    assert answer.status_code == 409
    assert len(files(open_app)) == 2


def test_only_into_a_call_of_ones_own_and_while_it_lasts(
    path: str, stranger: FlaskClient, open_app: Flask, booked_key: str, clock_: Clock
) -> None:
    with open_app.app_context():
        with db.writing():
            other = book_visit(booking.services("sale")[0], TUESDAY_10 + timedelta(hours=1))
        token, key = guard.token_of(other.case), other.key
    assert post(stranger, f"/case/{token}/call/{booked_key}/stills", sent()).status_code == 404
    assert post(stranger, f"/case/{token}/call/{key}/stills", sent()).status_code == 404  # nobody came
    assert post(stranger, f"/desk/appointments/{booked_key}/stills", sent()).status_code in (302, 401)
    post(stranger, path, sent())
    assert stranger.get(f"/case/{token}/still/{rows(open_app)[0].id}").status_code == 404
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.end(calls.of(appointment), appointment.staff.actor, TUESDAY_10)
    assert post(stranger, path, sent(once="after-the-end")).status_code == 409
