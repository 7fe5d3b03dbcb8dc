"""Who comes back is not asked everything again: from their link, and on a device that they asked to remember them."""

from flask import Flask
from flask.testing import FlaskClient
from way import AGREED, FAULT, PERSON, REPAIR, START, begin, typed

from shopvisio.cases import Case
from shopvisio.db import db
from shopvisio.web import guard

LATER = "2026-11-25T13:00:00+00:00"


def to_the_person(client: FlaskClient, path: str) -> str:
    """Up to the last step."""
    client.post(f"{path}/fault", data=FAULT)
    client.post(f"{path}/safety", data={"danger": "nothing"})
    return path


def test_from_their_link_somebody_books_something_else_with_their_details_there(
    open_app: Flask, stranger: FlaskClient, case_path: str
) -> None:
    assert f'href="{case_path}/another"' in stranger.get(case_path).text
    assert f"{case_path}/another/1" in stranger.get(f"{case_path}/another").text
    assert stranger.get(f"{case_path}/another/99").status_code == 404
    page = stranger.get(f"{case_path}/another/1")
    assert "ce nouvel appel ne coûte rien" not in page.text
    taken = stranger.post(f"{case_path}/another/1", data={"start": START})
    assert taken.status_code == 409
    answer = stranger.post(f"{case_path}/another/1", data={"start": LATER})
    path = to_the_person(stranger, answer.location.removesuffix("/fault"))
    form = stranger.get(f"{path}/person")
    assert typed(form, "name") == "Marie-Antoinette Delaunay-Charpentier"
    assert typed(form, "phone") == "06\u00a039\u00a098\u00a027\u00a050"
    sent = {name: typed(form, name) for name in ("name", "email", "phone")}
    assert stranger.post(f"{path}/person", data=sent | AGREED).location.startswith("/case/")
    with open_app.app_context():
        assert [case.device for case in db.session.query(Case)][1] == FAULT["device"]


def test_a_device_remembers_only_whom_it_was_asked_to(stranger: FlaskClient) -> None:
    path = to_the_person(stranger, begin(stranger))
    stranger.post(f"{path}/person", data=PERSON | AGREED)
    assert stranger.get_cookie(guard.REMEMBERED) is None
    path = to_the_person(stranger, begin(stranger, REPAIR, LATER))
    assert typed(stranger.get(f"{path}/person"), "name") == ""


def test_a_device_that_was_asked_knows_them_again_and_forgets_them(stranger: FlaskClient) -> None:
    path = to_the_person(stranger, begin(stranger))
    stranger.post(f"{path}/person", data=PERSON | AGREED | {"remember": "y"})
    cookie = stranger.get_cookie(guard.REMEMBERED)
    assert cookie is not None
    assert cookie.http_only
    assert PERSON["email"] not in cookie.value
    path = to_the_person(stranger, begin(stranger, REPAIR, LATER))
    form = stranger.get(f"{path}/person")
    assert typed(form, "email") == PERSON["email"]
    assert "Repris de votre dernier rendez-vous" in form.text
    assert stranger.post(f"{path}/forget").location == f"{path}/person"
    assert stranger.get_cookie(guard.REMEMBERED) is None
    assert typed(stranger.get(f"{path}/person"), "email") == ""


def test_a_cookie_made_of_a_link_opens_nothing(stranger: FlaskClient, case_path: str) -> None:
    """The link's own token is for another purpose."""
    stranger.set_cookie(guard.REMEMBERED, case_path.rpartition("/")[2])
    path = to_the_person(stranger, begin(stranger, REPAIR, LATER))
    assert typed(stranger.get(f"{path}/person"), "name") == ""
