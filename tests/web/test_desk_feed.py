"""A colleague's calendar for their own telephone: read by a real parser, as a calendar service would."""

import re
from datetime import timedelta

import pytest
from conftest import NOW, PASSWORD, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar, Event

from shopvisio import accounts, booking
from shopvisio.db import writing


def link(client: FlaskClient, place: int = 0) -> str:
    """The path of a link of mine, made if I have none."""
    page = client.get("/desk/calendar").text
    if "/calendar/" not in page.replace("/desk/calendar", ""):
        page = client.post("/desk/calendar", follow_redirects=True).text
    return re.findall(r"<span>https?://[^/]+(/calendar/\S+\.ics)</span>", page)[place]


def events(client: FlaskClient, path: str) -> list[Event]:
    """What a calendar that subscribes to it would show."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    return [event for event in Calendar.from_ical(answer.data).walk("VEVENT") if isinstance(event, Event)]


def test_it_shows_my_visits_without_a_customer_s_name(
    repairer_client: FlaskClient, stranger: FlaskClient, booked_key: str
) -> None:
    path = link(repairer_client)
    (event,) = events(stranger, path)
    assert event["UID"] == f"{booked_key}@shopvisio"
    assert event["SEQUENCE"] == 0
    assert event["STATUS"] == "CONFIRMED"
    assert event.decoded("DTSTART") == TUESDAY_10
    assert event["SUMMARY"] == "Réparation D2026-0001"
    assert "/desk/cases/" in event["URL"]
    text = stranger.get(path).text
    assert "Delaunay" not in text
    assert "exemple.example" not in text
    assert "+336" not in text


def test_it_follows_a_move_and_a_cancellation(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, booked_key: str
) -> None:
    path = link(repairer_client)
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        booking.move(found, TUESDAY_10 + timedelta(hours=4), found.case.customer.actor, NOW)
    (event,) = events(stranger, path)
    assert (event["SEQUENCE"], event.decoded("DTSTART")) == (1, TUESDAY_10 + timedelta(hours=4))
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        booking.cancel(found, NOW)
    (event,) = events(stranger, path)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (f"{booked_key}@shopvisio", 2, "CANCELLED")


def test_each_sees_their_own_and_the_owner_everybody_s(
    open_app: Flask, owner_client: FlaskClient, seller_client: FlaskClient, stranger: FlaskClient, booked_key: str
) -> None:
    assert events(stranger, link(seller_client)) == []
    assert events(stranger, link(owner_client)) == []
    (event,) = events(stranger, link(owner_client, 1))
    assert event["SUMMARY"] == "Karim, Réparation D2026-0001"
    assert "toute la boutique" not in seller_client.get("/desk/calendar").text


def test_a_renewed_link_leaves_the_old_one_dead(repairer_client: FlaskClient, stranger: FlaskClient) -> None:
    old = link(repairer_client)
    repairer_client.post("/desk/calendar")
    new = link(repairer_client)
    assert new != old
    assert stranger.get(old).status_code == 404
    assert stranger.get(new).status_code == 200


def test_a_link_opens_nothing_else_and_no_other_link_opens_it(
    owner_client: FlaskClient, repairer_client: FlaskClient, stranger: FlaskClient, case_path: str
) -> None:
    mine, whole = link(owner_client), link(owner_client, 1)
    karims = link(repairer_client)
    token = case_path.rpartition("/")[2]
    for path in (f"/calendar/{token}.ics", "/calendar/x.ics", "/calendar/.ics", "/calendar/" + "é" * 50 + ".ics"):
        assert stranger.get(path).status_code == 404
    assert stranger.get("/case/" + mine.removeprefix("/calendar/").removesuffix(".ics")).status_code == 404
    key = karims.removeprefix("/calendar/").partition(".")[0]
    signature = whole.removesuffix(".ics").rpartition(".")[2]
    assert stranger.get(f"/calendar/{key}.{signature}.ics").status_code == 404


@pytest.mark.parametrize("change", ["leaves", "is no owner any more"])
def test_who_has_no_right_any_more_has_no_calendar(
    open_app: Flask, owner_client: FlaskClient, stranger: FlaskClient, change: str
) -> None:
    mine, whole = link(owner_client), link(owner_client, 1)
    with open_app.app_context(), writing():
        accounts.add_staff("Odile Suivante", "next@shop.example", PASSWORD, "owner", NOW)
        owner = next(one for one in accounts.everybody() if one.name == "Claire Fontaine")
        accounts.change(owner, "seller", False, False, active=change != "leaves")
    assert stranger.get(whole).status_code == 404
    assert stranger.get(mine).status_code == (404 if change == "leaves" else 200)


def test_what_has_not_changed_is_not_sent_again(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    path = link(repairer_client)
    tag = stranger.get(path).headers["ETag"]
    clock_.pass_(hours=3)
    again = stranger.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    with open_app.app_context(), writing():
        book_visit(booking.services("repair")[0], TUESDAY_10 + timedelta(hours=4))
    assert stranger.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_looking_makes_no_link(repairer_client: FlaskClient) -> None:
    assert "Créer mon lien" in repairer_client.get("/desk/calendar").text
    assert "Créer mon lien" in repairer_client.get("/desk/calendar").text
