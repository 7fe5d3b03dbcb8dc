"""Colleagues: who they are, what they may, when they work; and the days when nobody can book."""

import re

import pytest
from conftest import NOW, PASSWORD, TUESDAY_10, Clock, Shop, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, booking, mail
from shopvisio.accounts import Staff
from shopvisio.availability import Hours
from shopvisio.db import writing
from shopvisio.errors import Conflict, Invalid
from shopvisio.web.typed import clock_text, minutes, read_week, week_typed


def colleague(email: str) -> Staff:
    return next(person for person in accounts.everybody() if person.email == email)


def key_of(app: Flask, email: str) -> str:
    with app.app_context():
        return colleague(email).key


NEW = {
    "name": "Léa Martin",
    "email": "lea@shop.example",
    "role": "repairer",
    "takes_repairs": "y",
}


def link_in(page: str) -> str:
    found = re.search(r"/join/[\w.-]+", page)
    assert found
    return found[0]


@pytest.fixture
def invited(owner_client: FlaskClient) -> str:
    """The link of a colleague to come."""
    return link_in(owner_client.post("/desk/staff", data=NEW, follow_redirects=True).text)


def test_a_colleague_is_invited_and_chooses_their_password(
    open_app: Flask, owner_client: FlaskClient, invited: str
) -> None:
    client = open_app.test_client()
    assert "Bienvenue, Léa Martin" in client.get(invited).text
    assert client.post(invited, data={"password": "court"}).status_code == 422
    assert client.post(invited, data={"password": PASSWORD}).location == "/desk"
    assert client.get("/desk").status_code == 200
    again = open_app.test_client()
    assert again.post("/signin", data={"email": NEW["email"], "password": PASSWORD}).location == "/desk"
    with open_app.app_context():
        made = colleague(NEW["email"])
        assert (made.role, made.takes_repairs, made.takes_sales) == ("repairer", True, False)
    assert "Léa Martin" in owner_client.get("/desk/staff").text


def test_an_invitation_serves_once(open_app: Flask, invited: str) -> None:
    for expected in (303, 410):
        assert open_app.test_client().post(invited, data={"password": PASSWORD}).status_code == expected
    page = open_app.test_client().get(invited)
    assert (page.status_code, "Cette invitation ne sert plus" in page.text) == (410, True)


def test_opening_an_invitation_changes_nothing(open_app: Flask, invited: str) -> None:
    for _n in range(3):
        assert open_app.test_client().get(invited).status_code == 200


def test_an_invitation_is_worth_a_week(open_app: Flask, invited: str, clock_: Clock) -> None:
    clock_.pass_(days=7)
    assert open_app.test_client().post(invited, data={"password": PASSWORD}).status_code == 410


def test_an_invitation_is_withdrawn(open_app: Flask, owner_client: FlaskClient, invited: str) -> None:
    found = re.search(r"/desk/staff/invitations/\d+/withdraw", owner_client.get("/desk/staff").text)
    assert found
    owner_client.post(found[0])
    assert open_app.test_client().post(invited, data={"password": PASSWORD}).status_code == 410
    assert owner_client.post(found[0]).status_code == 404


def test_a_second_invitation_takes_the_place_of_the_first(
    open_app: Flask, owner_client: FlaskClient, invited: str
) -> None:
    newer = link_in(owner_client.post("/desk/staff", data=NEW | {"role": "seller"}, follow_redirects=True).text)
    assert newer != invited
    assert open_app.test_client().get(invited).status_code == 410
    assert "Vendeur" in open_app.test_client().get(newer).text


def test_the_link_of_an_invitation_opens_no_other_door(
    open_app: Flask, invited: str, stranger: FlaskClient, case_path: str
) -> None:
    token = invited.rsplit("/", 1)[1]
    assert stranger.get(f"/case/{token}").status_code == 404
    assert stranger.get(f"/calendar/{token}.ics").status_code == 404
    assert stranger.get(f"/join/{case_path.rsplit('/', 1)[1]}").status_code == 404
    assert stranger.post(f"/join/{token[:-1]}", data={"password": PASSWORD}).status_code == 404


def test_the_invitation_is_in_the_outbox_too(open_app: Flask, invited: str) -> None:
    with open_app.app_context():
        written = mail.latest()[0]
        assert written.to == NEW["email"]
        assert invited in written.text


@pytest.mark.parametrize(
    ("changed", "status", "box"),
    [
        ({"name": ""}, 422, "name"),
        ({"email": "lea"}, 422, "email"),
        ({"role": "king"}, 422, "role"),
        ({"email": "seller@shop.example"}, 409, "email"),
    ],
)
def test_a_colleague_who_cannot_be_is_refused_with_what_was_typed(
    owner_client: FlaskClient, changed: dict[str, str], status: int, box: str
) -> None:
    answer = owner_client.post("/desk/staff", data=NEW | changed)
    assert answer.status_code == status
    assert f'id="{box}-why"' in answer.text
    assert (NEW | changed)["email"] in answer.text


def test_hours_are_set_a_day_with_two_ranges(open_app: Flask, owner_client: FlaskClient) -> None:
    key = key_of(open_app, "repairer@shop.example")
    typed = {"opens-1-0": "9h", "closes-1-0": "12 h 30", "opens-1-1": "14:00", "closes-1-1": "18"}
    assert owner_client.post(f"/desk/staff/{key}/hours", data=typed).status_code == 303
    with open_app.app_context():
        assert booking.hours_of(colleague("repairer@shop.example")) == [Hours(1, 540, 750), Hours(1, 840, 1080)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"opens-1-0": "9:00"}, "Mardi"),
        ({"opens-1-0": "18:00", "closes-1-0": "9:00"}, "l’heure de fin vient après"),
        ({"opens-1-0": "9:00", "closes-1-0": "25:00"}, "Mardi"),
        ({"opens-1-0": "9", "closes-1-0": "13", "opens-1-1": "12", "closes-1-1": "18"}, "Deux plages se chevauchent"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_what_was_typed(
    open_app: Flask, owner_client: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    key = key_of(open_app, "repairer@shop.example")
    answer = owner_client.post(f"/desk/staff/{key}/hours", data=typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{typed["opens-1-0"]}"' in answer.text
    with open_app.app_context():
        assert len(booking.hours_of(colleague("repairer@shop.example"))) == 12


def test_a_week_is_typed_as_it_is_read() -> None:
    hours = [Hours(0, 0, 1440), Hours(3, 545, 725), Hours(3, 840, 1080)]
    assert read_week(week_typed(hours)) == hours


@pytest.mark.parametrize(("text", "read"), [("9", 540), ("9h", 540), ("09:05", 545), ("9 h 30", 570), ("24:00", 1440)])
def test_an_hour_is_read_as_people_write_it(text: str, read: int) -> None:
    assert minutes(text) == read


@pytest.mark.parametrize("text", [" ", "24:01", "9:60", "neuf", "9:5:1", "-1", "99"])
def test_what_is_no_hour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        minutes(text)


def test_an_hour_is_shown_with_two_figures() -> None:
    assert clock_text(545) == "09:05"


def test_a_role_changes(open_app: Flask, owner_client: FlaskClient) -> None:
    key = key_of(open_app, "seller@shop.example")
    typed = {"role": "repairer", "takes_repairs": "y", "active": "y"}
    assert owner_client.post(f"/desk/staff/{key}", data=typed).status_code == 303
    with open_app.app_context():
        changed = colleague("seller@shop.example")
        assert (changed.role, changed.takes_repairs, changed.takes_sales) == ("repairer", True, False)


def test_the_last_owner_stays(open_app: Flask, owner_client: FlaskClient) -> None:
    key = key_of(open_app, "owner@shop.example")
    for typed in ({"role": "seller", "active": "y"}, {"role": "owner"}):
        answer = owner_client.post(f"/desk/staff/{key}", data=typed)
        assert answer.status_code == 409
        assert "La boutique garde toujours un propriétaire" in answer.text
    assert owner_client.get("/desk/staff").status_code == 200


def test_an_owner_may_go_once_there_is_another(shop: Shop) -> None:
    with pytest.raises(Conflict), writing():
        accounts.change(shop.owner, "seller", False, False, True)
    with writing():
        accounts.change(shop.seller, "owner", False, True, True)
        accounts.change(shop.owner, "seller", False, False, True)
    assert shop.owner.role == "seller"


def test_an_unknown_role_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid), writing():
        accounts.change(shop.seller, "king", False, False, True)


@pytest.mark.parametrize("path", ["", "/hours", "/reset", "/reset/withdraw"])
def test_a_colleague_who_is_not_there_is_not_found(owner_client: FlaskClient, path: str) -> None:
    assert owner_client.post(f"/desk/staff/nobody{path}", data={"role": "owner"}).status_code == 404


def test_a_closure_takes_its_days_from_the_calendar(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], TUESDAY_10)
    typed = {"first": "2026-11-24", "last": "2026-11-25", "reason": "Inventaire"}
    page = owner_client.post("/desk/closures", data=typed, follow_redirects=True).text
    assert "1 rendez-vous déjà pris reste." in page
    assert "du 24 novembre 2026 au 25 novembre 2026" in page
    with open_app.app_context():
        service = booking.services("repair")[0]
        days = {slot.start.date().isoformat() for slot in booking.free_slots(service, NOW.date(), 5, NOW)}
        assert days == {"2026-11-23", "2026-11-26", "2026-11-27"}
        closure = booking.closures(NOW)[0].id
    owner_client.post(f"/desk/closures/{closure}/remove")
    assert "Inventaire" not in owner_client.get("/desk/staff").text
    assert owner_client.post(f"/desk/closures/{closure}/remove").status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "box"),
    [("2026-11-25", "2026-11-24", "last"), ("", "2026-11-24", "first"), ("2026-11-24", "bientôt", "last")],
)
def test_a_closure_that_cannot_be_is_refused(
    open_app: Flask, owner_client: FlaskClient, first: str, last: str, box: str
) -> None:
    answer = owner_client.post("/desk/closures", data={"first": first, "last": last})
    assert answer.status_code == 422
    assert f'id="{box}-why"' in answer.text
    with open_app.app_context():
        assert booking.closures(NOW) == []
