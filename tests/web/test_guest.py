"""The third person in a call: what their link opens, and what it does not."""

from typing import Any

import pytest
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from test_signalling import (
    MEDIA,
    Lines,
    ask,
    customer,
    due,
    heard,
    line,
    nobody_stays,
    repairer,
    token,
)

from shopvisio import booking, calls
from shopvisio.accounts import Actor
from shopvisio.db import writing

__all__ = ["customer", "due", "line", "nobody_stays", "repairer", "token"]


@pytest.fixture
def invitation(repairer: SocketIOTestClient) -> str:
    """The token in the link that a repairer made in the call."""
    ask(repairer, "enter", MEDIA)
    return str(ask(repairer, "invite", {})["link"]).rpartition("/")[2]


@pytest.fixture
def guest(line: Lines, open_app: Flask, invitation: str) -> SocketIOTestClient:
    """Jeanne, who followed it."""
    return line(open_app.test_client(), guest=invitation, name=" Jeanne  Roux ")


def journal(app: Flask, key: str, kind: str) -> list[str]:
    """Whose acts of this kind the case tells."""
    with app.app_context():
        found = booking.find(key)
        assert found is not None
        return [entry.name for entry in found.case.journal if entry.kind == kind]


def test_staff_invite_and_the_guest_is_told_to_everybody(
    open_app: Flask, customer: SocketIOTestClient, guest: SocketIOTestClient, booked_key: str
) -> None:
    ask(customer, "enter", MEDIA)
    ask(customer, "say", {"text": "Mon code est 1234"})
    came = ask(guest, "enter", MEDIA)
    assert came["messages"] == []
    last = heard(customer, "people")[-1][-1]
    assert (last["role"], last["name"]) == ("guest", "Jeanne Roux")
    assert ask(guest, "offer", {"sdp": "v=0"})["answer"]
    assert open_app.extensions["relay"].joined[-1] == (booked_key, "guest")
    ask(guest, "say", {"text": "Bonjour"})
    assert heard(customer, "message")[-1]["role"] == "guest"
    assert journal(open_app, booked_key, "guest_came") == ["Jeanne Roux"]


def test_a_guest_counts_neither_as_the_customer_nor_as_the_shop(
    open_app: Flask, guest: SocketIOTestClient, booked_key: str
) -> None:
    ask(guest, "enter", MEDIA)
    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        call = calls.find(found)
        assert call is not None
        assert (call.state, call.customer_came, call.started) == ("planned", None, None)
    assert journal(open_app, booked_key, "call_started") == []


def test_a_guest_may_neither_show_nor_invite_nor_put_out(guest: SocketIOTestClient) -> None:
    ask(guest, "enter", MEDIA)
    assert ask(guest, "show", {"product": 1})["error"] == "forbidden"
    assert ask(guest, "invite", {})["error"] == "forbidden"
    assert ask(guest, "uninvite", {})["error"] == "forbidden"


def test_a_customer_does_not_invite(customer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    assert ask(customer, "invite", {})["error"] == "forbidden"


def test_there_is_no_fourth(line: Lines, open_app: Flask, guest: SocketIOTestClient, invitation: str) -> None:
    ask(guest, "enter", MEDIA)
    paul = line(open_app.test_client(), guest=invitation, name="Paul")
    refused = ask(paul, "enter", MEDIA)
    assert refused["error"] == "conflict"
    assert "Jeanne Roux" in refused["message"]


def test_whoever_is_put_out_does_not_come_back(
    line: Lines, open_app: Flask, guest: SocketIOTestClient, repairer: SocketIOTestClient, invitation: str,
    booked_key: str,
) -> None:  # fmt: skip
    ask(guest, "enter", MEDIA)
    assert ask(repairer, "uninvite", {}) == {}
    assert heard(guest, "ended") == [{"next": f"/guest/{invitation}"}]
    assert (booked_key, "guest") in open_app.extensions["relay"].left
    for event, payload in (("enter", MEDIA), ("offer", {"sdp": "v=0"}), ("say", {"text": "Encore moi"})):
        assert ask(guest, event, payload)["error"] == "forbidden"
    assert not line(open_app.test_client(), guest=invitation, name="Jeanne").is_connected()
    assert ask(repairer, "invite", {})["link"].rpartition("/")[2] != invitation


def test_at_the_end_of_the_call_the_link_opens_nothing(
    line: Lines, open_app: Flask, guest: SocketIOTestClient, stranger: FlaskClient, invitation: str, booked_key: str,
    repairer_client: FlaskClient,
) -> None:  # fmt: skip
    ask(guest, "enter", MEDIA)
    assert "Votre prénom" in stranger.get(f"/guest/{invitation}").text
    with open_app.test_request_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        calls.end(calls.of(found), Actor("staff", "Karim"), NOW)
    assert "ne sert plus" in stranger.get(f"/guest/{invitation}").text
    again = line(open_app.test_client(), guest=invitation, name="Jeanne")
    assert ask(again, "enter", MEDIA)["error"] == "wrong_state"


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b", 5, None])
def test_a_guest_has_a_name(line: Lines, open_app: Flask, invitation: str, name: Any) -> None:
    assert not line(open_app.test_client(), guest=invitation, name=name).is_connected()


def test_one_link_is_no_other(
    line: Lines, open_app: Flask, stranger: FlaskClient, invitation: str, token: str, booked_key: str
) -> None:
    assert stranger.get(f"/guest/{token}").status_code == 404
    assert stranger.get(f"/case/{invitation}").status_code == 404
    assert stranger.get("/guest/guessed.AAAAAAAAAAAAAAAA").status_code == 404
    for forged in (token, "guessed.AAAAAAAAAAAAAAAA", ".", 7, {}):
        assert not line(open_app.test_client(), guest=forged, name="Jeanne").is_connected()
    assert not line(open_app.test_client(), case=invitation, appointment=booked_key).is_connected()


def test_opening_the_link_does_nothing(
    open_app: Flask, stranger: FlaskClient, invitation: str, booked_key: str
) -> None:
    page = stranger.get(f"/guest/{invitation}").text
    assert "Karim" in page
    for private in ("Delaunay", "Sanilux", "marie@exemple.example"):
        assert private not in page
    assert journal(open_app, booked_key, "guest_came") == []
