"""The line of a call: who may come in, what is told to whom, and what nonsense meets."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, cast

import pytest
from conftest import TUESDAY_10, Clock, FakeRelay, book_visit
from flask import Flask, g
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient

from shopvisio import booking, calls, catalogue, db
from shopvisio.errors import RelayFailed
from shopvisio.rtc import Event
from shopvisio.signins import SignIn
from shopvisio.web import call as call_pages
from shopvisio.web import guard, presence, signalling

MEDIA = {"mic": True, "camera": "on", "sound": True, "voice": False}
Lines = Callable[..., SocketIOTestClient]


@pytest.fixture(autouse=True)
def nobody_stays(booked_key: str) -> Iterator[None]:
    yield
    presence.empty(booked_key)


@pytest.fixture
def due(clock_: Clock) -> Clock:
    """It is the hour of the appointment."""
    clock_.now = TUESDAY_10
    return clock_


@pytest.fixture
def token(case_path: str) -> str:
    return case_path.rpartition("/")[2]


@pytest.fixture
def line(open_app: Flask) -> Iterator[Lines]:
    """line(client, auth): a page's connection; closed at the end."""
    opened = []

    def connect(client: FlaskClient, **auth: Any) -> SocketIOTestClient:
        made = signalling.socketio.test_client(open_app, auth=auth, flask_test_client=client)
        opened.append(made)
        return made

    yield connect
    for one in opened:
        if one.is_connected():
            one.disconnect()


@pytest.fixture
def customer(line: Lines, stranger: FlaskClient, token: str, booked_key: str, due: Clock) -> SocketIOTestClient:
    return line(stranger, case=token, appointment=booked_key)


@pytest.fixture
def repairer(line: Lines, repairer_client: FlaskClient, booked_key: str, due: Clock) -> SocketIOTestClient:
    return line(repairer_client, appointment=booked_key)


def ask(page: SocketIOTestClient, event: str, payload: Any = None) -> dict[str, Any]:
    """Send an event and read its acknowledgement."""
    answer = page.emit(event, *([] if payload is None else [payload]), callback=True)
    assert isinstance(answer, dict)
    return answer


def heard(page: SocketIOTestClient, name: str) -> list[Any]:
    """The payloads of every event of this name since the last look."""
    found = [one["args"] for one in page.get_received() if one["name"] == name]
    return [args[0] if isinstance(args, list) else args for args in found]


def relay_of(app: Flask) -> FakeRelay:
    return cast(FakeRelay, app.extensions["relay"])


# -- who may come in


def test_a_customer_enters_with_their_link(customer: SocketIOTestClient, booked_key: str) -> None:
    answer = ask(customer, "enter", MEDIA)
    assert answer["seat"] == "customer"
    assert answer["media"] == "none"
    assert [(p["role"], p["camera"], p["link"]) for p in answer["people"]] == [("customer", "on", "live")]
    assert presence.waiting() == [booked_key]


def test_a_colleague_enters_by_their_sign_in(repairer: SocketIOTestClient, customer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    answer = ask(repairer, "enter", MEDIA | {"camera": "off"})
    assert answer["seat"].startswith("staff:")
    assert {p["name"] for p in answer["people"]} == {"Karim Benali", "Marie-Antoinette Delaunay-Charpentier"}
    assert len(heard(customer, "people")[-1]) == 2


def test_a_forged_link_opens_nothing(line: Lines, stranger: FlaskClient, token: str, booked_key: str) -> None:
    assert not line(stranger, case=token[:-1] + "?", appointment=booked_key).is_connected()


def test_another_customers_link_opens_nothing(
    line: Lines, stranger: FlaskClient, open_app: Flask, booked_key: str
) -> None:
    with open_app.app_context():
        with db.writing():
            other = book_visit(booking.services("sale")[0], TUESDAY_10)
        token = guard.token_of(other.case)
    assert not line(stranger, case=token, appointment=booked_key).is_connected()


def test_a_stranger_does_not_pass_for_staff(line: Lines, stranger: FlaskClient, booked_key: str) -> None:
    assert not line(stranger, appointment=booked_key).is_connected()
    assert not line(stranger).is_connected()


@pytest.mark.parametrize(
    "auth", [{"appointment": 7}, {"appointment": None, "case": 3}, {"appointment": "nowhere"}, {"case": ["x"]},
     {"appointment": "\ud800"}, {"appointment": "x", "case": "\ud800"}, {"guest": "\ud800", "name": "Jeanne"}]
)  # fmt: skip
def test_nonsense_at_the_door_opens_nothing(line: Lines, repairer_client: FlaskClient, auth: dict[str, Any]) -> None:
    assert not line(repairer_client, **auth).is_connected()


def test_before_its_time_the_waiting_room_is_shut(customer: SocketIOTestClient, due: Clock, booked_key: str) -> None:
    due.now = TUESDAY_10 - timedelta(hours=3)
    answer = ask(customer, "enter", MEDIA)
    assert answer["error"] == "wrong_state"
    assert "ouvre à" in answer["message"]
    assert presence.people(booked_key) == []


def test_a_call_that_is_over_takes_nobody_in(customer: SocketIOTestClient, open_app: Flask, booked_key: str) -> None:
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.end(calls.of(appointment), appointment.staff.actor, TUESDAY_10)
    assert ask(customer, "enter", MEDIA)["error"] == "wrong_state"


def test_a_sign_in_that_was_ended_ends_the_rights_in_the_call(
    repairer: SocketIOTestClient, open_app: Flask, booked_key: str
) -> None:
    ask(repairer, "enter", MEDIA)
    with open_app.app_context(), db.writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        appointment.staff.epoch += 1
    assert ask(repairer, "say", {"text": "Bonjour"})["error"] == "forbidden"


def test_who_has_no_seat_may_do_nothing(customer: SocketIOTestClient, open_app: Flask) -> None:
    for event, payload in (("offer", {"sdp": "v=0"}), ("say", {"text": "?"}), ("media", MEDIA)):
        assert ask(customer, event, payload)["error"] == "conflict"
    assert relay_of(open_app).joined == []


# -- what is told


def test_the_call_goes_live_when_both_are_there(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, open_app: Flask, booked_key: str
) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        call = calls.find(appointment)
        assert call is not None
        assert call.state == "live"
        kinds = [entry.kind for entry in appointment.case.journal]
        assert kinds[-2:] == ["customer_came", "call_started"]


def test_an_offer_goes_to_the_relay_under_the_own_seat(
    customer: SocketIOTestClient, open_app: Flask, booked_key: str
) -> None:
    ask(customer, "enter", MEDIA)
    assert ask(customer, "offer", {"sdp": "v=0"}) == {"answer": "v=0 answer"}
    assert relay_of(open_app).joined == [(booked_key, "customer")]


def test_what_is_said_is_told_to_both_and_kept(customer: SocketIOTestClient, repairer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    assert ask(customer, "say", {"text": " C’est la molette bleue ? "}) == {}
    for page in (customer, repairer):
        (message,) = heard(page, "message")
        assert (message["role"], message["text"]) == ("customer", "C’est la molette bleue ?")
    assert [m["text"] for m in ask(repairer, "enter", MEDIA)["messages"]] == ["C’est la molette bleue ?"]


def test_an_empty_message_is_refused_with_a_sentence(customer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    answer = ask(customer, "say", {"text": "   "})
    assert answer["error"] == "invalid"
    assert answer["message"]


def test_a_product_is_put_before_the_customer(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, open_app: Flask
) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    with open_app.app_context():
        product = catalogue.search("Lumio")[0].id
    assert ask(repairer, "show", {"product": product}) == {}
    (message,) = heard(customer, "message")
    card = message["product"]
    assert (card["name"], card["price"], card["url"]) == (
        "Cafetière Lumio 12 tasses",
        8990,
        "https://boutique.example/cafetiere",
    )


def test_a_customer_shows_no_product(customer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    assert ask(customer, "show", {"product": 1})["error"] == "forbidden"


def test_a_product_that_is_gone_is_not_shown(repairer: SocketIOTestClient) -> None:
    ask(repairer, "enter", MEDIA)
    assert ask(repairer, "show", {"product": 999})["error"] == "not_found"


def test_a_cut_microphone_is_told(customer: SocketIOTestClient, repairer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    heard(repairer, "people")
    ask(customer, "media", {"mic": False, "camera": "paused", "sound": False, "voice": True})
    (people,) = heard(repairer, "people")
    told = next(p for p in people if p["role"] == "customer")
    assert (told["mic"], told["camera"], told["sound"]) == (False, "paused", False)


LENS = {"torch": False, "zoom": {"least": 1, "most": 8.0, "step": 0.1, "now": 1}, "sides": True}


def test_what_the_customers_camera_has_is_told_and_staff_may_ask_for_it(
    customer: SocketIOTestClient, repairer: SocketIOTestClient
) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    heard(repairer, "people")
    assert ask(customer, "lens", LENS) == {}
    assert {one["role"]: one["lens"] for one in heard(repairer, "people")[-1]} == {"customer": LENS, "staff": None}
    assert ask(repairer, "wish", {"what": "zoom", "to": 2.5}) == {}
    assert heard(customer, "wished") == [{"what": "zoom", "to": 2.5, "name": "Karim Benali"}]
    assert heard(repairer, "wished") == []
    assert ask(customer, "wish", {"what": "torch", "to": 1})["error"] == "forbidden"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("lens", {**LENS, "torch": "on"}),
        ("lens", {**LENS, "zoom": {"least": 1}}),
        ("lens", {**LENS, "zoom": {**LENS["zoom"], "now": float("nan")}}),  # type: ignore[dict-item]
        ("lens", {**LENS, "sides": None}),
        ("wish", {"what": "torch", "to": True}),
        ("wish", {"what": "zoom", "to": -1}),
        ("wish", {"what": "zoom", "to": float("inf")}),
        ("wish", {"what": "selfie", "to": 1}),
    ],
)
def test_a_camera_that_cannot_be_is_refused(
    repairer: SocketIOTestClient, event: str, payload: dict[str, Any]
) -> None:
    ask(repairer, "enter", MEDIA)
    assert ask(repairer, event, payload)["error"] == "invalid"


def test_the_newer_page_wins_and_the_older_is_told(
    line: Lines, customer: SocketIOTestClient, stranger: FlaskClient, token: str, booked_key: str, open_app: Flask
) -> None:
    ask(customer, "enter", MEDIA)
    newer = line(stranger, case=token, appointment=booked_key)
    ask(newer, "enter", MEDIA)
    assert heard(customer, "replaced") == [{}]
    assert ask(customer, "offer", {"sdp": "v=0"})["error"] == "conflict"
    customer.disconnect()
    assert [person.link for person in presence.people(booked_key)] == ["live"]
    assert relay_of(open_app).left == []


def test_a_second_colleague_is_told_who_is_there(
    line: Lines, repairer: SocketIOTestClient, owner_client: FlaskClient, booked_key: str
) -> None:
    ask(repairer, "enter", MEDIA)
    answer = ask(line(owner_client, appointment=booked_key), "enter", MEDIA)
    assert answer == {"error": "conflict", "message": "Karim Benali est déjà dans cet appel."}


def test_leaving_ends_the_media_and_is_told(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, open_app: Flask, booked_key: str
) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    assert ask(customer, "leave", {}) == {}
    assert [p["role"] for p in heard(repairer, "people")[-1]] == ["staff"]
    assert relay_of(open_app).left == [(booked_key, "customer")]
    assert ask(customer, "leave", {}) == {}


def test_a_line_that_drops_is_said_to_be_lost(customer: SocketIOTestClient, repairer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    customer.disconnect()
    links = {p["role"]: p["link"] for p in heard(repairer, "people")[-1]}
    assert links == {"customer": "lost", "staff": "live"}


def test_what_the_relay_notices_is_passed_on(
    customer: SocketIOTestClient, repairer: SocketIOTestClient, booked_key: str
) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    for kind, link in (("connected", "live"), ("lost", "lost"), ("back", "live"), ("left", "lost")):
        heard(repairer, "people")
        signalling.hear(Event(kind, booked_key, "customer"))
        told = heard(repairer, "people")
        assert {p["link"] for p in told[-1] if p["role"] == "customer"} == {link}


def test_the_desk_is_rung_when_somebody_comes(
    line: Lines, owner_client: FlaskClient, customer: SocketIOTestClient
) -> None:
    desk = line(owner_client)
    assert desk.is_connected()
    ask(customer, "enter", MEDIA)
    assert heard(desk, "desk")


def test_a_page_of_the_desk_has_no_part_in_a_call(line: Lines, owner_client: FlaskClient) -> None:
    assert ask(line(owner_client), "say", {"text": "Bonjour"})["error"] == "forbidden"


def test_the_end_sends_everybody_on(
    customer: SocketIOTestClient,
    repairer: SocketIOTestClient,
    repairer_client: FlaskClient,
    open_app: Flask,
    booked_key: str,
    case_path: str,
) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    with open_app.test_request_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        g.signin = SignIn(staff=appointment.staff)
        call_pages.conclude(appointment)
        call_pages.conclude(appointment)  # twice is once
        desk_path = f"/desk/cases/{appointment.case.key}"
        assert [e.kind for e in appointment.case.journal].count("call_ended") == 1
    assert heard(customer, "ended") == [{"next": case_path}]
    assert heard(repairer, "ended") == [{"next": desk_path}]
    assert presence.people(booked_key) == []
    assert len(set(relay_of(open_app).left)) == 3  # both, and the computer that may look on


def test_an_appointment_nobody_came_to_has_no_call_to_end(open_app: Flask, booked_key: str) -> None:
    with open_app.test_request_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        g.signin = SignIn(staff=appointment.staff)
        call_pages.conclude(appointment)
        assert calls.find(appointment) is None


def test_people_in_calls_are_told_when_the_appliance_stops(customer: SocketIOTestClient, open_app: Flask) -> None:
    ask(customer, "enter", MEDIA)
    signalling.closing(open_app)
    assert heard(customer, "closing") == [{}]


# -- nonsense


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("enter", None),
        ("enter", "hello"),
        ("enter", {"mic": 1, "camera": "on", "sound": True, "voice": False}),
        ("enter", {"mic": True, "camera": "sideways", "sound": True, "voice": False}),
        ("enter", {"mic": True, "camera": ["on"], "sound": True, "voice": False}),
        ("enter", MEDIA | {"role": "staff"}),
        ("offer", {"sdp": 3}),
        ("offer", {"sdp": "v" * 60_001}),
        ("offer", {}),
        ("say", {"text": None}),
        ("say", {"text": "a" * 2001}),
        ("say", ["text"]),
        ("say", {"text": "un signe coupé en deux \ud83d"}),
        ("choose", {"variant": 0}),
        ("want", {"product": 1}),
        ("leave", {"now": True}),
    ],
)
def test_a_malformed_event_is_refused(customer: SocketIOTestClient, event: str, payload: Any) -> None:
    ask(customer, "enter", MEDIA)
    assert ask(customer, event, payload)["error"] == "invalid"
    assert ask(customer, "say", {"text": "La ligne tient."}) == {}


@pytest.mark.parametrize("product", [True, -1, 1 << 60, "1"])
def test_a_malformed_card_is_refused(repairer: SocketIOTestClient, product: Any) -> None:
    ask(repairer, "enter", MEDIA)
    assert ask(repairer, "show", {"product": product})["error"] == "invalid"


def test_an_unknown_event_is_ignored(customer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    customer.emit("explode", {"now": True})
    assert ask(customer, "say", {"text": "La ligne tient."}) == {}


def test_several_payloads_are_one_too_many(customer: SocketIOTestClient) -> None:
    ask(customer, "enter", MEDIA)
    assert customer.emit("say", {"text": "a"}, {"text": "b"}, callback=True)["error"] == "invalid"


def test_a_flood_is_stopped_and_forgiven(customer: SocketIOTestClient, due: Clock) -> None:
    answers = [ask(customer, "media", {}) for _event in range(60)]
    assert [a["error"] for a in answers[:40]] == ["invalid"] * 40
    assert answers[-1]["error"] == "conflict"
    due.pass_(seconds=2)
    assert ask(customer, "enter", MEDIA)["seat"] == "customer"


def test_coming_back_does_not_begin_a_new_flood(
    line: Lines, stranger: FlaskClient, token: str, booked_key: str, due: Clock
) -> None:
    first = line(stranger, case=token, appointment=booked_key)
    for _event in range(40):
        ask(first, "media", {})
    first.disconnect()
    second = line(stranger, case=token, appointment=booked_key)
    assert ask(second, "enter", MEDIA)["error"] == "conflict"
    due.pass_(seconds=2)
    assert ask(second, "enter", MEDIA)["seat"] == "customer"


def test_who_comes_in_is_shown_the_last_messages_of_a_long_talk(
    customer: SocketIOTestClient, line: Lines, stranger: FlaskClient, token: str, booked_key: str, due: Clock
) -> None:
    ask(customer, "enter", MEDIA)
    for number in range(calls.LATEST + 5):
        ask(customer, "say", {"text": str(number)})
        due.pass_(seconds=1)
    again = line(stranger, case=token, appointment=booked_key)
    shown = [message["text"] for message in ask(again, "enter", MEDIA)["messages"]]
    assert shown == [str(number) for number in range(5, calls.LATEST + 5)]


def test_a_relay_that_refuses_is_told_with_its_sentence(
    customer: SocketIOTestClient, open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: Future[str] = Future()
    refused.set_exception(RelayFailed("L’appel est complet pour le moment."))
    monkeypatch.setattr(relay_of(open_app), "join", lambda *_given: refused)
    ask(customer, "enter", MEDIA)
    answer = ask(customer, "offer", {"sdp": "v=0"})
    assert answer == {"error": "relay_failed", "message": "L’appel est complet pour le moment."}


def test_a_fault_of_ours_is_an_apology_not_a_silence(
    customer: SocketIOTestClient, open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(relay_of(open_app), "join", fail)
    ask(customer, "enter", MEDIA)
    assert ask(customer, "offer", {"sdp": "v=0"})["error"] == "fault"


def test_who_waits_reads_at_once_how_late_their_colleague_is(
    customer: SocketIOTestClient, repairer_client: FlaskClient, booked_key: str
) -> None:
    assert ask(customer, "enter", MEDIA)["wait"] == {"late": 0, "busy": False, "name": "Karim Benali"}
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "10"})
    assert heard(customer, "wait") == [{"late": 10, "busy": False, "name": "Karim Benali"}]
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "10"})
    assert heard(customer, "wait") == []  # told once
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "0"})
    assert heard(customer, "wait") == [{"late": 0, "busy": False, "name": "Karim Benali"}]


def test_who_comes_later_reads_it_on_entering(
    customer: SocketIOTestClient, repairer_client: FlaskClient, booked_key: str
) -> None:
    repairer_client.post(f"/desk/appointments/{booked_key}/late", data={"minutes": "15"})
    assert ask(customer, "enter", MEDIA)["wait"] == {"late": 15, "busy": False, "name": "Karim Benali"}


def test_who_waits_is_told_that_another_call_holds_their_colleague(
    open_app: Flask,
    customer: SocketIOTestClient,
    line: Lines,
    repairer_client: FlaskClient,
    stranger: FlaskClient,
) -> None:
    with open_app.app_context():
        with db.writing():
            earlier = book_visit(booking.services("repair")[0], TUESDAY_10 - timedelta(hours=1))
        key, token = earlier.key, guard.token_of(earlier.case)
    ask(customer, "enter", MEDIA)
    first = line(stranger, case=token, appointment=key)
    karim = line(repairer_client, appointment=key)
    try:
        ask(karim, "enter", MEDIA)
        assert heard(customer, "wait") == []  # alone in there: not held
        ask(first, "enter", MEDIA)
        assert heard(customer, "wait") == [{"late": 0, "busy": True, "name": "Karim Benali"}]
        ask(karim, "leave")
        assert heard(customer, "wait") == [{"late": 0, "busy": False, "name": "Karim Benali"}]
    finally:
        presence.empty(key)


def test_staff_ask_for_a_photo_and_the_customer_does_not(
    repairer: SocketIOTestClient, customer: SocketIOTestClient
) -> None:
    ask(customer, "enter", MEDIA)
    ask(repairer, "enter", MEDIA)
    assert ask(repairer, "ask", {"what": "still"}) == {}
    assert heard(customer, "asked") == [{"what": "still", "name": "Karim Benali"}]
    assert heard(repairer, "asked") == []
    assert ask(customer, "ask", {"what": "still"})["error"] == "forbidden"
    assert ask(repairer, "ask", {"what": "everything"})["error"] == "invalid"
