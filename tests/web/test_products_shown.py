"""Products in the call: put on the customer's screen, laid side by side, chosen among, asked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient

from shopvisio import booking, catalogue
from shopvisio.catalogue import Picture, Product, Variant
from shopvisio.db import db, writing
from shopvisio.web import guard, presence, signalling

MEDIA = {"mic": True, "camera": "on", "sound": True, "voice": False}


@pytest.fixture
def sale(open_app: Flask, clock_: Clock) -> Iterator[tuple[str, str]]:
    """A sale that is due: its appointment's key, its customer's token."""
    with open_app.app_context():
        with writing():
            visit = book_visit(booking.services("sale")[0], TUESDAY_10)
        found = visit.key, guard.token_of(visit.case)
    clock_.now = TUESDAY_10
    yield found
    presence.empty(found[0])


@pytest.fixture
def shirt(open_app: Flask) -> tuple[int, list[int]]:
    """A product with three variants: its id, theirs."""
    with open_app.app_context(), writing():
        made = Product(name="Chemise en lin", options="Taille / Couleur", created=NOW)
        made.pictures.append(Picture(file="x.jpg"))
        for place, (label, stock) in enumerate((("38 / Écru", 1), ("40 / Écru", 0), ("40 / Noir", None))):
            made.every_variant.append(Variant(place=place, label=label, price=5990 + place, stock=stock))
        made.every_variant[2].picture = made.pictures[0]
        db.session.add(made)
        db.session.flush()
        return made.id, [variant.id for variant in made.every_variant]


@pytest.fixture
def pages(
    open_app: Flask, sale: tuple[str, str], stranger: FlaskClient, seller_client: FlaskClient
) -> Iterator[tuple[SocketIOTestClient, SocketIOTestClient]]:
    """The customer's connection and the seller's, both seated."""
    key, token = sale
    made = []
    for client, auth in ((stranger, {"case": token, "appointment": key}), (seller_client, {"appointment": key})):
        made.append(signalling.socketio.test_client(open_app, auth=auth, flask_test_client=client))
        ask(made[-1], "enter", MEDIA)
    yield made[0], made[1]
    for one in made:
        one.disconnect()


def ask(page: SocketIOTestClient, event: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = page.emit(event, payload, callback=True)
    assert isinstance(answer, dict)
    return answer


def heard(page: SocketIOTestClient, name: str) -> list[Any]:
    found = [one["args"] for one in page.get_received() if one["name"] == name]
    return [args[0] if isinstance(args, list) else args for args in found]


Pages = tuple[SocketIOTestClient, SocketIOTestClient]


def test_a_card_tells_variants_prices_and_stock_of_this_moment(
    pages: Pages, shirt: tuple[int, list[int]], open_app: Flask
) -> None:
    customer, seller = pages
    assert ask(seller, "show", {"product": shirt[0]}) == {}
    shown = heard(customer, "shown")[-1]
    (card,) = shown["cards"]
    assert (shown["chosen"], card["name"], card["options"]) == (None, "Chemise en lin", ["Taille", "Couleur"])
    assert [(one["parts"], one["price"], one["stock"]) for one in card["variants"]] == [
        (["38", "Écru"], 5990, "Dernière pièce"),
        (["40", "Écru"], 5991, "Épuisé"),
        (["40", "Noir"], 5992, ""),
    ]
    assert card["variants"][2]["picture"] == card["pictures"][0]
    with open_app.app_context(), writing():
        catalogue.take(catalogue.find_variant(shirt[1][0]), 1)  # somebody buys it meanwhile
    assert ask(customer, "choose", {"variant": shirt[1][0]}) == {}
    shown = heard(seller, "shown")[-1]
    assert (shown["chosen"], shown["cards"][0]["variants"][0]["stock"]) == (shirt[1][0], "Épuisé")


def test_what_lies_there_is_there_again_after_a_reload(
    pages: Pages, shirt: tuple[int, list[int]], open_app: Flask
) -> None:
    customer, seller = pages
    ask(seller, "show", {"product": shirt[0]})
    ask(seller, "choose", {"variant": shirt[1][2]})
    shown = ask(customer, "enter", MEDIA)["shown"]
    assert ([card["id"] for card in shown["cards"]], shown["chosen"]) == ([shirt[0]], shirt[1][2])
    with open_app.app_context(), writing():
        catalogue.set_aside(catalogue.find(shirt[0]), True)
    assert ask(customer, "enter", MEDIA)["shown"] == {"cards": [], "chosen": None}


def test_products_lie_side_by_side_and_are_put_away(
    pages: Pages, shirt: tuple[int, list[int]], open_app: Flask
) -> None:
    customer, seller = pages
    with open_app.app_context():
        coffee = catalogue.search("lumio")[0].id
    ask(seller, "show", {"product": coffee})
    assert ask(seller, "compare", {"products": [coffee, shirt[0]]}) == {}
    assert [card["id"] for card in heard(customer, "shown")[-1]["cards"]] == [coffee, shirt[0]]
    assert [m["product"]["id"] for m in ask(seller, "enter", MEDIA)["messages"]] == [coffee, shirt[0]]  # each said once
    assert ask(seller, "compare", {"products": [coffee, coffee]})["error"] == "invalid"
    assert ask(seller, "compare", {"products": [coffee, 999]})["error"] == "not_found"
    ask(seller, "compare", {"products": []})
    assert heard(customer, "shown")[-1]["cards"] == []
    assert ask(customer, "choose", {"variant": shirt[1][0]})["error"] == "not_found"


def test_the_customer_asks_to_be_shown_this_one(pages: Pages, shirt: tuple[int, list[int]]) -> None:
    customer, seller = pages
    ask(seller, "show", {"product": shirt[0]})
    heard(seller, "message")
    assert ask(customer, "want", {"product": shirt[0], "variant": shirt[1][2]}) == {}
    (wish,) = heard(seller, "message")
    assert (wish["role"], wish["text"].replace("\u00a0", " "), wish["product"]["id"]) == (
        "customer",
        "Montrez-moi : Chemise en lin, 40 / Noir",
        shirt[0],
    )
    assert ask(customer, "want", {"product": 999, "variant": None})["error"] == "not_found"


def test_each_side_has_its_own_acts(pages: Pages, shirt: tuple[int, list[int]]) -> None:
    customer, seller = pages
    ask(seller, "show", {"product": shirt[0]})
    assert ask(customer, "show", {"product": shirt[0]})["error"] == "forbidden"
    assert ask(customer, "compare", {"products": []})["error"] == "forbidden"
    assert ask(seller, "want", {"product": shirt[0], "variant": None})["error"] == "forbidden"


def test_the_desk_finds_by_link_and_gets_cards(seller_client: FlaskClient, shirt: tuple[int, list[int]]) -> None:
    link = "https://www.boutique.example/cafetiere/?utm_source=x"
    for words in ("lumio", link):
        (card,) = seller_client.get("/desk/products/search", query_string={"q": words}).get_json()["products"]
        assert card["name"] == "Cafetière Lumio 12 tasses"
