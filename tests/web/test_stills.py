"""Stills sent beside a call: who may, what is kept of them, what nonsense meets."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from conftest import TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from shopvisio import booking, calls, cases, catalogue, db, jobs, pictures, pieces, stills
from shopvisio.stills import Still
from shopvisio.web import guard
from shopvisio.web import uploads as web_uploads

ONCE = "a-word-of-the-page"
PIECE = 256 << 10  # bytes that a page sends at once


def photo(size: tuple[int, int] = (3000, 2000), kind: str = "JPEG") -> bytes:
    """A photo as a telephone takes it."""
    made = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, kind)
    return made.getvalue()


def post(client: FlaskClient, path: str, data: bytes = b"", once: str = ONCE) -> TestResponse:
    """A whole photo, or another file, as a page sends it: piece after piece."""
    data = data or photo()
    for start in range(0, len(data), PIECE):
        answer = piece(client, path, data, start, start + PIECE, once)
        if answer.status_code != 202:
            break
    return answer


def piece(
    client: FlaskClient, path: str, data: bytes, start: int, stop: int, once: str = ONCE, arrives: int | None = None
) -> TestResponse:
    """One piece of it, of which only the first bytes may arrive: then the line is cut."""
    body = data[start:stop]
    headers = {
        "Accept": "application/json",
        "Content-Range": f"bytes {start}-{start + len(body) - 1}/{len(data)}",
        "Content-Length": str(len(body)),
    }
    stream = BytesIO(body if arrives is None else body[:arrives])
    return client.post(f"{path}/{once}", input_stream=stream, headers=headers)


def held(client: FlaskClient, path: str) -> int:
    """How many bytes of the photo are there, as the page asks before it goes on."""
    told: int = client.get(f"{path}/{ONCE}", headers={"Accept": "application/json"}).get_json()["held"]
    return told


@pytest.fixture
def path(case_path: str, booked_key: str, open_app: Flask, clock_: Clock) -> str:
    """Where the customer's photos go, once they have come to their call."""
    clock_.now = TUESDAY_10
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.arrive(appointment, appointment.case.customer.actor, TUESDAY_10)
    return f"{case_path}/call/{booked_key}/stills"


def rows(app: Flask) -> list[Still]:
    with app.app_context():
        return list(db.db.session.query(Still))


def files(app: Flask) -> list[Path]:
    """Whatever lies where photos are kept, and where they arrive."""
    shop = app.config["SHOP"]
    return sorted([*shop.uploads.glob("*"), *shop.arriving.glob("*")])


def test_a_still_is_kept_at_full_size_with_a_small_copy_and_told_in_the_story(
    path: str, stranger: FlaskClient, repairer_client: FlaskClient, open_app: Flask, case_path: str
) -> None:
    answer = post(stranger, path)
    assert answer.status_code == 201
    told = answer.get_json()
    assert (told["role"], told["width"], told["height"], told["visit"]) == ("customer", 3000, 2000, 1)
    for query, longest in (("", 3000), ("?small=1", pictures.SMALL)):
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
    post(stranger, path)
    answer = post(repairer_client, f"/desk/appointments/{booked_key}/stills", once="another-word")
    assert (answer.status_code, answer.get_json()["name"]) == (201, "Karim Benali")
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        key = appointment.case.key
    assert "2 photos prises pendant l’appel." in repairer_client.get(f"/desk/cases/{key}").text


def test_sent_twice_it_is_kept_once(path: str, stranger: FlaskClient, open_app: Flask) -> None:
    first = post(stranger, path).get_json()
    assert post(stranger, path).get_json() == first
    assert len(rows(open_app)) == 1
    assert len(files(open_app)) == 2


@pytest.mark.parametrize(
    "data",
    [
        b" ",
        b"<svg onload=alert(1)>",
        b"%PDF-1.7",
        b"\xff\xd8\xff" + b"\0" * 500,
        b"RIFF\0\0\0\0WAVEfmt ",
        b"x" * PIECE * 3,
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence_and_leaves_nothing(
    path: str, stranger: FlaskClient, open_app: Flask, data: bytes
) -> None:
    answer = post(stranger, path, data)
    assert answer.status_code == 422
    assert "photo lisible" in answer.get_json()["message"]
    assert (rows(open_app), files(open_app)) == ([], [])


def test_one_too_heavy_is_refused_at_its_first_piece(path: str, stranger: FlaskClient, open_app: Flask) -> None:
    answer = post(stranger, path, b"x" * (pictures.LARGEST + 1))
    assert (answer.status_code, "20 Mo" in answer.get_json()["message"]) == (422, True)
    heavy = piece(stranger, path, b"x" * (2 << 20), 0, 2 << 20)
    assert heavy.status_code == 413  # a piece is no photo
    assert files(open_app) == []


def test_nothing_at_all_is_refused(path: str, stranger: FlaskClient, open_app: Flask) -> None:
    nothing = ("", "bytes */0", "bytes 0--1/0", "bytes 5-4/9", "bytes 0-9/*", "pieces")
    for told in nothing:
        headers = {"Accept": "application/json", "Content-Range": told}
        answer = stranger.post(f"{path}/{ONCE}", data=b"", headers=headers)
        assert (answer.status_code, bool(answer.get_json()["message"])) == (422, True), told
    for once in ("short", "..%2F..%2Fx-long-enough", "a" * 65, "with spaces in it"):
        assert post(stranger, path, once=once).status_code in (404, 422), once
    assert files(open_app) == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_forty_megapixels_come_in_and_are_made_smaller(
    path: str, stranger: FlaskClient, open_app: Flask, kind: str
) -> None:
    answer = post(stranger, path, photo((7296, 5472), kind))
    assert (answer.status_code, answer.get_json()["width"]) == (201, stills.SIDE)
    assert len(files(open_app)) == 2


def test_a_bomb_is_refused_by_the_child_and_leaves_nothing(path: str, stranger: FlaskClient, open_app: Flask) -> None:
    bomb = BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")  # 50 kB that would be 1.2 GB
    answer = post(stranger, path, bomb.getvalue())
    assert (answer.status_code, files(open_app)) == (422, [])


def test_a_cut_connection_goes_on_where_it_stopped(path: str, stranger: FlaskClient, open_app: Flask) -> None:
    data, arrived = photo(), 3 * pieces.BLOCK
    piece(stranger, path, data, 0, len(data), arrives=arrived)
    assert held(stranger, path) == arrived  # all that came stays
    assert rows(open_app) == []
    assert piece(stranger, path, data, arrived, len(data)).status_code == 201
    [still] = rows(open_app)
    assert (still.width, still.height) == (3000, 2000)
    assert len(files(open_app)) == 2  # the part is gone


def test_pieces_that_come_twice_or_too_early_do_no_harm(path: str, stranger: FlaskClient, open_app: Flask) -> None:
    data, half = photo(), len(photo()) // 2
    early = piece(stranger, path, data, half, len(data))
    assert (early.status_code, early.get_json()) == (409, {"held": 0})
    for _twice in range(2):
        assert piece(stranger, path, data, 0, half).get_json() == {"held": half}
    assert piece(stranger, path, data, half - 100, len(data)).status_code == 201
    late = piece(stranger, path, data, len(data) - 1, len(data))  # by a connection that was thought dead
    assert (late.status_code, late.get_json()["id"]) == (200, rows(open_app)[0].id)
    assert len(files(open_app)) == 2


def test_each_side_has_its_own_sendings(
    path: str, stranger: FlaskClient, repairer_client: FlaskClient, booked_key: str
) -> None:
    piece(stranger, path, photo(), 0, 100)
    assert held(repairer_client, f"/desk/appointments/{booked_key}/stills") == 0


def test_a_full_disk_is_told_and_nothing_half_written_stays(
    path: str, stranger: FlaskClient, open_app: Flask, booked_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_app.config["SHOP"]
    full = shop.arriving / f"{booked_key}.customer.{ONCE}.part"
    full.symlink_to("/dev/full")  # where every write finds the disk full
    answer = post(stranger, path)
    assert (answer.status_code, "plus de place" in answer.get_json()["message"]) == (503, True)
    assert files(open_app) == []
    shop.uploads.mkdir()
    (shop.uploads / f"{'n' * 20}.small.jpg.part").symlink_to("/dev/full")  # the first copy fits, the second does not
    monkeypatch.setattr(web_uploads, "public_id", lambda _length: "n" * 20)
    answer = post(stranger, path)
    assert (answer.status_code, "plus de place" in answer.get_json()["message"]) == (503, True)
    assert (rows(open_app), files(open_app)) == ([], [])
    assert post(stranger, path).status_code == 201  # there is room again


def test_photos_stop_before_the_disk_is_full(
    path: str, stranger: FlaskClient, open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "RESERVE", 1 << 60)
    answer = post(stranger, path)
    assert (answer.status_code, files(open_app)) == (503, [])


def test_what_was_begun_and_never_finished_is_given_up(
    path: str, stranger: FlaskClient, open_app: Flask, clock_: Clock
) -> None:
    for number in range(pieces.UNFINISHED + 2):
        piece(stranger, path, photo(), 0, 100, once=f"begun-number-{number}")
    assert len(files(open_app)) == pieces.UNFINISHED
    arriving = open_app.config["SHOP"].arriving
    pieces.sweep(arriving, datetime.now(UTC) + timedelta(hours=23))
    assert len(files(open_app)) == pieces.UNFINISHED
    pieces.sweep(arriving, datetime.now(UTC) + timedelta(hours=25))
    assert files(open_app) == []


def test_a_visit_has_room_for_so_many(
    path: str, stranger: FlaskClient, open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "MOST", 1)
    post(stranger, path)
    answer = post(stranger, path, once="another-word")
    assert answer.status_code == 409
    assert len(files(open_app)) == 2


def test_only_into_a_call_of_ones_own_and_while_it_lasts(
    path: str, stranger: FlaskClient, open_app: Flask, booked_key: str, clock_: Clock
) -> None:
    with open_app.app_context():
        with db.writing():
            other = book_visit(booking.services("sale")[0], TUESDAY_10 + timedelta(hours=1))
        token, key = guard.token_of(other.case), other.key
    assert post(stranger, f"/case/{token}/call/{booked_key}/stills").status_code == 404
    assert post(stranger, f"/case/{token}/call/{key}/stills").status_code == 404  # nobody came
    assert post(stranger, f"/desk/appointments/{booked_key}/stills").status_code in (302, 401)
    post(stranger, path)
    assert stranger.get(f"/case/{token}/still/{rows(open_app)[0].id}").status_code == 404


def test_what_was_on_its_way_when_the_call_was_concluded_still_reaches_the_case(
    path: str, stranger: FlaskClient, repairer_client: FlaskClient, open_app: Flask, booked_key: str, clock_: Clock
) -> None:
    data, half = photo(), len(photo()) // 2
    piece(stranger, path, data, 0, half)
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        case_url = f"/desk/cases/{appointment.case.key}"
    ends = {"outcome": "repaired", "words": "Joint changé.", "tell": "1"}
    assert repairer_client.post(f"{case_url}/propose", data=ends).status_code == 303
    assert held(stranger, path) == half
    assert piece(stranger, path, data, half, len(data)).status_code == 201
    page = repairer_client.get(case_url)
    assert f"{case_url}/still/{rows(open_app)[0].id}" in page.text
    with open_app.app_context():
        waiting = db.db.session.query(jobs.Job).filter_by(kind="report").order_by(jobs.Job.id).all()
        assert waiting[-1].due == clock_.now + cases.SETTLES  # the report is looked at once more
    clock_.pass_(hours=23)
    assert post(stranger, path, once="kept-in-the-phone").status_code == 201
    clock_.pass_(hours=1)
    assert post(stranger, path, once="after-a-day").status_code == 409


def test_nobody_who_never_came_sends_anything_once_it_is_over(
    path: str, stranger: FlaskClient, open_app: Flask, booked_key: str
) -> None:
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        call = calls.of(appointment)
        call.customer_came = None
        calls.end(call, appointment.staff.actor, TUESDAY_10)
    assert post(stranger, path).status_code == 409


def test_a_still_of_the_list_says_what_it_shows_on_the_desk_in_the_recap_and_in_the_story(
    stranger: FlaskClient, seller_client: FlaskClient, open_app: Flask, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context(), db.writing():
        visit = book_visit(booking.services("sale")[0], TUESDAY_10)
        calls.arrive(visit, visit.staff.actor, TUESDAY_10)
        maker = catalogue.search("cafetière")[0].id
        key, case_key, link = visit.key, visit.case.key, f"/case/{guard.token_of(visit.case)}"
    path, shown = f"/desk/appointments/{key}/stills", "Étiquette, Cafetière Lumio 12 tasses"
    told = post(seller_client, path, once=f"one-{ONCE}?shot=label&product={maker}").get_json()
    assert told["shows"] == shown
    for client, page in ((seller_client, f"/desk/cases/{case_key}"), (stranger, link), (stranger, f"{link}/basket")):
        text = client.get(page).text
        assert f'alt="{shown}"' in text, page
        assert ">Étiquette</small>" in text, page
    for n, asked in enumerate(("", "?shot=x&product=1", "?shot=front&product=99999999", "?shot=front&product=x")):
        shows = post(seller_client, path, once=f"two-{n}-{ONCE}{asked}").get_json()["shows"]
        assert shows == ("Face" if "front" in asked else "")
    theirs = f"{link}/call/{key}/stills"
    assert post(stranger, theirs, once=f"three-{ONCE}?shot=label").get_json()["shows"] == "", "it is the seller's list"
