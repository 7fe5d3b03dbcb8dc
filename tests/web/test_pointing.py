"""Pointing and drawing over the line: who sees what, who may, and what nonsense meets."""

from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from test_guest import guest, invitation
from test_signalling import MEDIA, Lines, ask, customer, due, heard, line, nobody_stays, repairer, token

from shopvisio import booking, calls, pictures, stills
from shopvisio.db import writing

__all__ = ["customer", "due", "guest", "invitation", "line", "nobody_stays", "repairer", "token"]

MARIE = "Marie-Antoinette Delaunay-Charpentier"
DRAWN = {"kind": "arrow", "colour": "yellow", "points": [[0.25, 0.5], [0.75, 0.5]], "text": ""}


@pytest.fixture
def together(customer: SocketIOTestClient, repairer: SocketIOTestClient) -> None:
    """Marie and Karim are in their call."""
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)


@pytest.fixture
def still(open_app: Flask, booked_key: str, together: None) -> int:
    """One that Marie sent a moment ago: its id."""
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        made, _new = stills.add(found, found.case.customer.actor, "a-first-still", "a.jpg", 1280, 720, TUESDAY_10)
        folder = open_app.config["SHOP"].uploads
        for name in ("a.jpg", pictures.small("a.jpg")):
            pictures.keep(folder, name, b"a picture")
        return made.id


@pytest.fixture
def laid(repairer: SocketIOTestClient, still: int) -> int:
    """Karim has laid it."""
    assert ask(repairer, "board", {"still": still})["still"]["id"] == still
    return still


def draw(page: SocketIOTestClient, still: int, once: str, **other: Any) -> dict[str, Any]:
    return ask(page, "mark", DRAWN | {"still": still, "once": once} | other)


def test_a_pointer_is_seen_by_the_others_and_not_kept(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, guest: SocketIOTestClient, together: None
) -> None:
    ask(guest, "enter", MEDIA)
    assert ask(repairer, "point", {"of": "customer", "at": [0.25, 1]}) == {}
    ask(repairer, "point", {"of": "customer", "at": None})
    shown = {"role": "staff", "name": "Karim Benali", "of": "customer"}
    for page in (customer, guest):
        assert heard(page, "point") == [shown | {"at": [0.25, 1]}, shown | {"at": None}]
    assert heard(repairer, "point") == []
    ask(guest, "point", {"of": "still", "at": [0, 0]})
    assert heard(customer, "point")[0]["role"] == "guest"


def test_pointing_spends_nothing_of_what_other_events_need_and_too_much_is_dropped(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, together: None, due: Clock
) -> None:
    for second in range(3):
        for _nth in range(20):
            due.pass_(milliseconds=50)
            assert ask(repairer, "point", {"of": "customer", "at": [0.5, second / 4]}) == {}
    assert len(heard(customer, "point")) == 60
    answers = [ask(repairer, "point", {"of": "customer", "at": [0.5, 0.5]}) for _nth in range(100)]
    assert {"error": "conflict"} in answers
    assert len(heard(customer, "point")) == answers.count({})
    assert ask(repairer, "say", {"text": "La ligne tient."}) == {}


def test_a_still_is_opened_for_both_and_closed_by_either(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, still: int
) -> None:
    assert ask(repairer, "board", {"still": still})["marks"] == []
    (told,) = heard(customer, "board")
    assert (told["still"]["id"], told["name"], told["role"]) == (still, "Karim Benali", "staff")
    assert ask(customer, "enter", MEDIA)["board"]["still"]["id"] == still  # after a reload
    assert ask(customer, "board", {"still": None}) == {"still": None, "marks": []}
    (told,) = heard(repairer, "board")
    assert (told["still"], told["name"]) == (None, MARIE)
    assert ask(repairer, "enter", MEDIA)["board"] == {"still": None, "marks": []}


def test_marks_are_told_kept_once_and_there_after_a_reload(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, laid: int
) -> None:
    mark = draw(repairer, laid, "mark-one-0")["mark"]
    assert mark == {
        "once": "mark-one-0",
        "kind": "arrow",
        "colour": "yellow",
        "points": [[0.25, 0.5], [0.75, 0.5]],
        "text": "",
        "number": 0,
        "role": "staff",
        "name": "Karim Benali",
    }
    assert heard(customer, "marks") == [{"still": laid, "gone": [], "back": [mark]}]
    assert draw(repairer, laid, "mark-one-0")["mark"] == mark  # sent again after a cut
    assert ask(customer, "enter", MEDIA)["board"]["marks"] == [mark]
    assert ask(customer, "board", {"still": laid})["marks"] == [mark]


def test_a_stroke_in_the_making_is_passed_on(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, laid: int
) -> None:
    stroke = {"still": laid, "once": "mark-one-0", "kind": "line", "colour": "sky", "since": 0, "points": [[0, 1]]}
    assert ask(customer, "stroke", stroke) == {}
    assert heard(repairer, "stroke") == [stroke | {"role": "customer", "name": MARIE}]
    assert ask(repairer, "board", {"still": laid})["marks"] == []


def test_marks_are_erased_and_put_back_by_who_may(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, laid: int
) -> None:
    mark = draw(repairer, laid, "of-karim-0")["mark"]
    draw(customer, laid, "of-marie-0")
    refused = ask(customer, "erase", {"still": laid, "names": ["of-karim-0"], "gone": True})
    assert refused["error"] == "forbidden"
    assert refused["message"] == "Seule la boutique peut effacer le dessin d’un autre."
    heard(customer, "marks")
    assert ask(repairer, "erase", {"still": laid, "names": ["of-karim-0", "of-marie-0"], "gone": True}) == {"back": []}
    assert heard(customer, "marks") == [{"still": laid, "gone": ["of-karim-0", "of-marie-0"], "back": []}]
    assert ask(repairer, "erase", {"still": laid, "names": ["of-karim-0"], "gone": False}) == {"back": [mark]}
    assert heard(customer, "marks") == [{"still": laid, "gone": [], "back": [mark]}]


def test_a_picture_is_frozen_by_asking_whose_it_is(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, together: None
) -> None:
    assert ask(repairer, "freeze", {"of": "customer", "once": "a-frozen-one"}) == {}
    assert heard(customer, "freeze") == [{"of": "customer", "once": "a-frozen-one", "name": "Karim Benali"}]


def test_a_third_person_sees_and_draws_on_what_lies_open_and_opens_nothing(
    open_app: Flask, repairer: SocketIOTestClient, guest: SocketIOTestClient, invitation: str, still: int
) -> None:
    entered = ask(guest, "enter", MEDIA)
    assert (entered["stills"], entered["board"]["still"]) == ([], None)
    theirs, where = open_app.test_client(), f"/guest/{invitation}/still/{still}"
    assert theirs.get(where).status_code == 404
    for event, payload in (
        ("board", {"still": still}),
        ("board", {"still": None}),
        ("freeze", {"of": "customer", "once": "a-frozen-one"}),
        ("watch", {}),
    ):
        assert ask(guest, event, payload)["error"] == "forbidden", event
    assert draw(guest, still, "of-jeanne-")["error"] == "not_found"
    ask(repairer, "board", {"still": still})
    assert heard(guest, "board")[0]["still"]["id"] == still
    with theirs.get(where + "?small=1") as seen:
        assert (seen.status_code, seen.headers["Cache-Control"]) == (200, "no-store")
    assert draw(guest, still, "of-jeanne-")["mark"]["name"] == "Jeanne Roux"
    assert heard(repairer, "marks")[0]["back"][0]["role"] == "guest"
    ask(repairer, "board", {"still": None})
    assert theirs.get(where).status_code == 404


def test_the_customers_computer_looks_on(
    line: Lines, stranger: FlaskClient, token: str, booked_key: str, repairer: SocketIOTestClient, laid: int
) -> None:
    computer = line(stranger, case=token, appointment=booked_key)
    assert ask(computer, "watch", {})["still"]["id"] == laid
    ask(repairer, "point", {"of": "customer", "at": [0.5, 0.5]})
    assert len(heard(computer, "point")) == 1
    assert ask(computer, "point", {"of": "customer", "at": [0.5, 0.5]})["error"] == "forbidden"  # it has no seat
    assert draw(computer, laid, "of-nobody-")["error"] == "conflict"


def test_who_has_no_seat_draws_and_points_at_nothing(
    customer: SocketIOTestClient, repairer: SocketIOTestClient
) -> None:
    ask(repairer, "enter", MEDIA)
    for event, payload in (
        ("board", {"still": None}),
        ("freeze", {"of": "customer", "once": "a-frozen-one"}),
        ("mark", DRAWN | {"still": 1, "once": "mark-one-0"}),
        ("erase", {"still": 1, "names": [], "gone": True}),
        ("point", {"of": "customer", "at": None}),
    ):
        assert ask(customer, event, payload)["error"] in ("conflict", "forbidden"), event
    assert heard(repairer, "point") == []


def test_no_still_of_another_case_is_opened_or_drawn_on(
    repairer: SocketIOTestClient, customer: SocketIOTestClient, still: int, open_app: Flask
) -> None:
    for page in (repairer, customer):
        assert ask(page, "board", {"still": still + 1})["error"] == "not_found"
        assert draw(page, still + 1, "mark-one-0")["error"] == "not_found"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("point", {"of": "customer", "at": [0.5, 1.5]}),
        ("point", {"of": "customer", "at": [0.5]}),
        ("point", {"of": "customer", "at": "0,0"}),
        ("point", {"of": "customer", "at": [float("nan"), 0]}),
        ("point", {"of": "nobody", "at": None}),
        ("point", {"of": "customer"}),
        ("board", {"still": "1"}),
        ("freeze", {"of": "guest", "once": "a-frozen-one"}),
        ("mark", {"still": 1}),
        ("mark", DRAWN | {"still": 1, "once": "mark-one-0", "colour": "pink"}),
        ("mark", DRAWN | {"still": 1, "once": "mark-one-0", "kind": "star"}),
        ("mark", DRAWN | {"still": 1, "once": "mark-one-0", "points": [[0, 0]] * 301}),
        ("mark", DRAWN | {"still": 1, "once": "mark-one-0", "points": [[0, "0"]]}),
        ("erase", {"still": 1, "names": [3], "gone": True}),
        ("erase", {"still": 1, "names": ["mark-one-0"] * 101, "gone": True}),
        ("stroke", {"still": 1, "once": "mark-one-0", "kind": "line", "colour": "sky", "since": -1, "points": []}),
    ],
)
def test_a_malformed_gesture_is_refused(
    customer: SocketIOTestClient, together: None, event: str, payload: dict[str, Any]
) -> None:
    assert ask(customer, event, payload)["error"] == "invalid"
    assert ask(customer, "say", {"text": "La ligne tient."}) == {}


def test_a_text_that_is_too_long_gets_a_sentence(repairer: SocketIOTestClient, laid: int) -> None:
    answer = draw(repairer, laid, "mark-one-0", kind="text", points=[[0.5, 0.5]], text="Tournez " * 9)
    assert answer == {"error": "invalid", "message": "Un texte sur la photo a de 1 à 40 signes."}


def test_the_marks_are_a_drawing_for_the_case_pages(
    repairer: SocketIOTestClient,
    repairer_client: FlaskClient,
    stranger: FlaskClient,
    case_path: str,
    laid: int,
    open_app: Flask,
    booked_key: str,
) -> None:
    draw(repairer, laid, "mark-one-0")
    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        assert calls.find(found) is not None
        desk_path = f"/desk/cases/{found.case.key}"
    for client, path in ((stranger, case_path), (repairer_client, desk_path)):
        answer = client.get(f"{path}/still/{laid}/marks.svg")
        assert answer.mimetype == "image/svg+xml"
        alone = ElementTree.fromstring(answer.text)
        assert alone[0].text == "Flèche 1, posée par Karim"
        upon = ElementTree.fromstring(client.get(f"{path}/still/{laid}/drawing.svg").text)
        assert upon[1].get("href") == f"{path}/still/{laid}"
        again = client.get(f"{path}/still/{laid}/marks.svg", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        assert client.get(f"{path}/still/{laid + 1}/marks.svg").status_code == 404
        page = client.get(path).text
        assert f"{path}/still/{laid}/marks.svg" in page
        assert "Flèche 1, posée par Karim" in page
    assert stranger.get(f"{desk_path}/still/{laid}/marks.svg").status_code in (302, 401)
