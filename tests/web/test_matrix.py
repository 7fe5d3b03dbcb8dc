"""Who may do what: every route and every event, tried by everybody.

The routes come from the routing table and the events from their tables, so that a new one is tried without being named
here. What each rule means stands below once more, by hand: a second witness beside ``accounts.MAY`` and the guard.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from conftest import NOW, PASSWORD, TUESDAY_10, Clock
from flask import Flask, templating
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from test_hostile import paths, rules, ways
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shopvisio import accounts, booking, calls, invitations, links, resets
from shopvisio.db import writing
from shopvisio.web import guard, presence, signalling
from shopvisio.web.senders import MAY_SEND
from shopvisio.web.signalling import EVENTS, GESTURES

STAFF = ("owner", "seller", "repairer", "accountant")
PEOPLE = (*STAFF, "customer", "guest", "calendar", "newcomer", "forgetful", "stranger")
AT_WORK = {"owner", "seller", "repairer"}
RULES: Mapping[str, set[str]] = {
    "anybody": set(PEOPLE),
    "case_link": {"customer"},
    "guest_link": {"guest"},
    "feed_link": {"calendar"},
    "join_link": {"newcomer"},
    "reset_link": {"forgetful"},
    "staff:account": set(STAFF),
    "staff:desk": AT_WORK,
    "staff:cases": AT_WORK,
    "staff:calls": AT_WORK,
    "staff:outcomes": AT_WORK,
    "staff:payments": AT_WORK,
    "staff:papers": set(STAFF),
    "staff:products": {"owner", "seller"},
    "staff:guides": {"owner", "repairer"},
    "staff:figures": {"owner"},
    "staff:settings": {"owner"},
    "staff:staff": {"owner"},
}


@pytest.fixture
def tokens(open_app: Flask, case_path: str, booked_key: str) -> dict[str, str]:
    """What stands in the link that each person holds; staff and strangers hold a forged one."""
    with open_app.app_context(), writing():
        visit = booking.find(booked_key)
        owner = accounts.by_email("owner@shop.example")
        assert visit is not None
        assert owner is not None
        call = calls.of(visit)
        call.guest = "g" * 16
        accounts.renew_feed(owner)
        accounts.add_staff("Odile Compte", "accountant@shop.example", PASSWORD, "accountant", NOW)
        asked = invitations.invite("Léa Martin", "lea@shop.example", "seller", owner, NOW)
        feed = links.sign(guard.secret_key(), links.FEED, owner.feed)
        seller = accounts.by_email("seller@shop.example")
        assert seller is not None
        held = {"guest": guard.guest_token(call), "calendar": feed, "newcomer": guard.join_token(asked)}
        held["forgetful"] = guard.reset_token(resets.offer(seller, owner, NOW))
    return dict.fromkeys(PEOPLE, "forged.0123456789abcdef") | {"customer": case_path.rsplit("/", 1)[1]} | held


def come(client: FlaskClient, who: str) -> FlaskClient:
    """Sign in, where somebody of the staff comes."""
    if who in STAFF:
        client.post("/signout")
        assert client.post("/signin", data={"email": f"{who}@shop.example", "password": PASSWORD}).status_code == 303
    return client


def is_shut(answer: TestResponse, rule: str) -> bool:
    """Whether the guard refused; behind a link that is no link of theirs there is nothing."""
    if rule.endswith("_link"):
        return answer.status_code == 404
    if rule == "anybody":
        return "/signin?next=" in (answer.location or "")
    return answer.status_code in (401, 403) or "/signin?next=" in (answer.location or "")


def tries(app: Flask, token: str, booked_key: str, who: str) -> Iterator[tuple[Rule, str, str, str]]:
    """Each route with each of its methods: the route, its rule, the method, its address with true names in it. What is
    public asks nothing of anybody: a stranger alone tries it."""
    for route in rules(app):
        rule: str = app.view_functions[route.endpoint].rule  # type: ignore[attr-defined]
        if rule == "anybody" and who != "stranger":
            continue
        path = next(paths(app, route, f"/case/{token}", booked_key))
        for way in sorted(ways(route)):
            yield route, rule, way, path


@pytest.mark.parametrize("people", [*((who,) for who in STAFF), PEOPLE[len(STAFF) :]], ids=lambda people: people[0])
def test_every_route_is_open_to_whom_its_rule_names_and_shut_to_all_others(
    people: Sequence[str], open_app: Flask, tokens: dict[str, str], booked_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templating, "_render", lambda *_given: "")  # who may is asked, not what they read
    for who in people:
        client = come(open_app.test_client(), who)
        for route, rule, way, path in tries(open_app, tokens[who], booked_key, who):
            assert rule in RULES, f"{route.endpoint}: no such rule here; say above who it lets in"
            answer = client.open(path, method=way)
            if who not in RULES[rule]:
                assert is_shut(answer, rule), (who, way, path, answer.status_code)
            elif not rule.endswith("_link") and is_shut(answer, rule):
                answer = come(client, who).open(path, method=way)  # the act before may have ended their sign-in
                assert not is_shut(answer, rule), (who, way, path, answer.status_code)
            answer.close()


# -- the events of a call

MEDIA = {"mic": True, "camera": "on", "sound": True, "voice": False}
Connect = Callable[[str], SocketIOTestClient]


@pytest.fixture
def connect(open_app: Flask, tokens: dict[str, str], booked_key: str, clock_: Clock) -> Iterator[Connect]:
    """connect(who): their page of the call, at its hour."""
    clock_.now = TUESDAY_10
    opened = []

    def connected(who: str) -> SocketIOTestClient:
        auth: dict[str, Any] = {"appointment": booked_key}
        if who == "customer":
            auth["case"] = tokens[who]
        elif who == "guest":
            auth = {"guest": tokens[who], "name": "Jeanne"}
        client = come(open_app.test_client(), who)
        opened.append(signalling.socketio.test_client(open_app, auth=auth, flask_test_client=client))
        return opened[-1]

    yield connected
    for one in opened:
        if one.is_connected():
            one.disconnect()
    presence.empty(booked_key)


def test_a_call_lets_in_its_people_and_nobody_else(connect: Connect) -> None:
    for who in PEOPLE:
        assert connect(who).is_connected() == (who in AT_WORK | {"customer", "guest"}), who


def test_every_event_is_open_to_whom_its_rule_names_and_shut_to_all_others(connect: Connect) -> None:
    """What they send is no payload of the event: who may send it reads that it is invalid."""
    for who in ("customer", "guest", *sorted(AT_WORK)):
        page = connect(who)
        assert "seat" in page.emit("enter", MEDIA, callback=True)
        for event in (*EVENTS, *GESTURES):
            told = page.emit(event, {"nonsense": 1}, callback=True)["error"]
            role = "staff" if who in STAFF else who
            assert told == ("invalid" if role in MAY_SEND[event] else "forbidden"), (who, event)
        page.emit("leave", {}, callback=True)


def test_an_event_without_a_rule_is_shut(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    page = connect("repairer")
    monkeypatch.setattr("shopvisio.web.senders.MAY_SEND", {})
    assert page.emit("enter", MEDIA, callback=True)["error"] == "forbidden"
