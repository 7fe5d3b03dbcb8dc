"""A practice call: everything of a sale's call works in it, and nothing of it is left."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Clock
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from sqlalchemy import func, select
from test_stills import post

from shopvisio import booking, cases, catalogue, orders, overview, practice
from shopvisio.db import Base, db, writing
from shopvisio.errors import Conflict
from shopvisio.orders import Wish
from shopvisio.web import guard, presence, signalling

MEDIA = {"mic": True, "camera": "on", "sound": True, "voice": False}
SAMPLE = {"ago": 1, "rtt": 40, "loss": 0, "received": 800, "sent": 800, "rung": 0, "redials": 0, "freezes": 0}


@pytest.fixture
def begun(seller_client: FlaskClient, clock_: Clock) -> tuple[str, str]:
    """The seller practises: the appointment's key, and where the pretend customer comes in."""
    for _twice in range(2):
        assert seller_client.post("/desk/practice").status_code == 303
    page = seller_client.get("/desk/practice").text
    (key,) = re.findall(r"/desk/appointments/(\w+)/call", page)
    (path,) = re.findall(r'href="(/case/[^"]+)/call"', page)
    return key, path


@pytest.fixture
def pages(
    begun: tuple[str, str], open_app: Flask, stranger: FlaskClient, seller_client: FlaskClient
) -> Iterator[tuple[SocketIOTestClient, SocketIOTestClient]]:
    """The pretend customer's connection and the seller's, both seated."""
    key, path = begun
    made, theirs = [], {"case": path.rpartition("/")[2], "appointment": key}
    for client, auth in ((stranger, theirs), (seller_client, {"appointment": key})):
        made.append(signalling.socketio.test_client(open_app, auth=auth, flask_test_client=client))
        assert "seat" in ask(made[-1], "enter", MEDIA)
    yield made[0], made[1]
    for one in made:
        one.disconnect()


def ask(page: SocketIOTestClient, event: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = page.emit(event, payload, callback=True)
    assert isinstance(answer, dict)
    return answer


def rows() -> dict[str, int]:
    """How many rows each table has."""
    counted = {table.name: select(func.count()).select_from(table) for table in Base.metadata.sorted_tables}
    return {name: db.session.scalar(count) or 0 for name, count in counted.items()}


def test_all_of_a_sale_is_tried_and_nothing_of_it_is_left(
    open_app: Flask, seller_client: FlaskClient, stranger: FlaskClient, clock_: Clock, request: pytest.FixtureRequest
) -> None:
    with open_app.app_context():
        before, uploads = rows(), open_app.config["SHOP"].uploads
        variant = catalogue.search("lumio")[0].variants[0]
        product, variant_id = variant.product_id, variant.id
    key, path = request.getfixturevalue("begun")
    customer, seller = request.getfixturevalue("pages")
    for page, event, payload in (
        (seller, "show", {"product": product}),
        (customer, "choose", {"variant": variant_id}),
        (customer, "want", {"product": product, "variant": None}),
        (seller, "pick", {"variant": variant_id}),
        (customer, "say", {"text": "Il chauffe vite ?"}),
        (seller, "invite", {}),
        (seller, "figures", {"setup": 900, "samples": [SAMPLE]}),
    ):
        assert "error" not in ask(page, event, payload), event
    photo = post(seller_client, f"/desk/appointments/{key}/stills", once=f"practised?shot=front&product={product}")
    with stranger.get(f"{path}/still/{photo.get_json()['id']}") as seen:
        assert (photo.status_code, seen.status_code) == (201, 200)
    assert "Exercice" in seller_client.get(f"/desk/appointments/{key}/call").text
    assert "Ceci est un exercice" in stranger.get(f"{path}/call").text
    assert "votre client passe à la caisse" in stranger.get(f"{path}/basket/piece").text
    assert seller_client.post("/desk/practice/end").status_code == 303
    ended = [one["args"][0]["next"] for one in customer.get_received() if one["name"] == "ended"]
    assert ended == ["/practice/over"]
    assert "Rien n’en a été gardé" in stranger.get("/practice/over").text
    assert stranger.get(f"{path}/call").status_code == 404
    with open_app.app_context():
        assert rows() == before
        assert list(uploads.iterdir()) == []


def test_it_is_no_case_and_rings_at_no_desk(
    begun: tuple[str, str], open_app: Flask, stranger: FlaskClient, owner_client: FlaskClient, clock_: Clock
) -> None:
    key, path = begun
    page = signalling.socketio.test_client(
        open_app, auth={"case": path.rpartition("/")[2], "appointment": key}, flask_test_client=stranger
    )
    ask(page, "enter", MEDIA)
    assert presence.waiting() == [key]
    assert "Client d’exercice" not in owner_client.get("/desk/waiting").text
    assert "Client d’exercice" not in owner_client.get("/desk").text
    assert "Client d’exercice" not in owner_client.get("/desk/cases").text
    with open_app.app_context():
        visit = booking.find(key)
        assert visit is not None
        assert cases.find(visit.case.key) is None
        assert cases.count_by_state() == {}
        assert overview.months(clock_.now)[-1].appointments == 0
        assert guard.token_of(visit.case) in path
        with pytest.raises(Conflict), writing():
            orders.place(visit.case, Wish("collect", "shop"), visit.case.customer.actor, clock_.now)
    for shut in ("", "/basket", "/order", "/cancel", "/move", "/trial", "/accept"):
        assert stranger.get(path + shut).status_code == 404, shut
    page.disconnect()


def test_an_empty_catalogue_has_samples_for_as_long_as_somebody_practises(
    open_app: Flask, seller_client: FlaskClient, clock_: Clock
) -> None:
    def names() -> list[str]:
        with open_app.app_context():
            return [one.name for one in catalogue.search("")]

    with open_app.app_context(), writing():
        catalogue.set_aside(catalogue.search("lumio")[0], True)
    for _twice in range(2):
        seller_client.post("/desk/practice")
        assert len(names()) == 3
        assert all(name.startswith("Exemple") for name in names())
        seller_client.post("/desk/practice/end")
        assert names() == []


def test_one_that_nobody_ended_goes_by_night(begun: tuple[str, str], open_app: Flask, clock_: Clock) -> None:
    with open_app.app_context():
        with writing():
            assert practice.forget_old(clock_.pass_(hours=1)) == []
        assert booking.find(begun[0]) is not None
        with writing():
            practice.forget_old(clock_.pass_(hours=1))
        assert booking.find(begun[0]) is None


def test_a_code_leads_the_telephone_there(
    begun: tuple[str, str], seller_client: FlaskClient, owner_client: FlaskClient
) -> None:
    assert b"<svg" in seller_client.get("/desk/practice/code.svg").data
    assert owner_client.get("/desk/practice/code.svg").status_code == 404, "it is the seller's"
