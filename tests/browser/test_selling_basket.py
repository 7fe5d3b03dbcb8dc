"""From a card that is shown to the filled basket of a web shop, or to an order, in two real browsers."""

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Chromium, Served
from .people import click, colleague, customer

MAKER, NUMBER = "Cafetière Lumio 12 tasses", "48512"


class WebShop(ThreadingHTTPServer):
    """Stands in for WooCommerce and for Shopify: a basket for whoever asks for it as these two want to be asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.asked: list[str] = []
        self.referrers: list[str] = []

    @property
    def address(self) -> str:
        """Where its home page is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Page(BaseHTTPRequestHandler):
    server: WebShop

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            return self.send_error(404)
        self.server.asked.append(self.path)
        self.server.referrers.append(self.headers.get("Referer", ""))
        fits = {
            f"/checkout-link/?products={NUMBER}:2": "WooCommerce : 2 articles",
            f"/cart/{NUMBER}:2?storefront=true": "Shopify : 2 articles",
        }
        said = fits.get(self.path, "Votre panier est vide")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Panier</title><h1>{said}</h1>".encode())

    def log_message(self, *_said: object) -> None:
        """Nothing to say."""


@pytest.fixture
def web_shop() -> Iterator[WebShop]:
    shop = WebShop()
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    yield shop
    shop.shutdown()
    shop.server_close()


def put(served: Served, **values: str) -> None:
    """The owner's settings, as the settings' page writes them."""
    with closing(sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=10)) as base, base:
        for name, value in values.items():
            base.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, json.dumps(value)))


@pytest.fixture
def sold_elsewhere(served: Served, web_shop: WebShop) -> Iterator[WebShop]:
    """The shop sells in a web shop, which knows the coffee maker by its number."""
    with closing(sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=10)) as base, base:
        base.execute(
            "UPDATE variant SET outside = ? WHERE product_id = (SELECT id FROM product WHERE name = ?)", (NUMBER, MAKER)
        )
    put(served, web_shop="woocommerce", web_shop_url=web_shop.address)
    yield web_shop
    put(served, web_shop="")


def buys(marie: Page) -> Page:
    """One tap on the button that buys; what opens beside the call."""
    with marie.expect_popup() as opened:
        marie.get_by_role("button", name="Acheter dans notre boutique en ligne").click()
    return opened.value


def test_from_a_card_to_the_basket_of_a_web_shop_and_to_an_order(
    served: Served, chromium: Chromium, sold_elsewhere: WebShop
) -> None:
    visit = served.visit("sale")
    marie = customer(chromium, served, visit)
    nadia = colleague(chromium, served, visit, "seller")
    nadia.get_by_label("Nom, référence ou lien du produit").fill("cafetiere")
    nadia.get_by_role("button", name=f"Montrer {MAKER}").click()
    card = marie.locator("#product")
    expect(card).to_contain_text(MAKER)

    card.get_by_role("button", name=f"Mettre {MAKER} au panier").click()
    beside = nadia.locator("#basket")
    expect(beside).to_contain_text(MAKER)
    beside.get_by_role("button", name="Un de plus").click()
    expect(beside).to_contain_text("179,80")
    mine = marie.locator("#basket summary")
    expect(mine).to_contain_text("2")

    marie.reload()  # it is kept by the appliance, not by the page
    expect(mine).to_contain_text("Panier 2")
    click(marie, "Fermer")
    mine.click()
    woo = buys(marie)
    expect(woo.get_by_role("heading")).to_have_text("WooCommerce : 2 articles")
    woo.close()
    put(served, web_shop="shopify")
    shopify = buys(marie)
    expect(shopify.get_by_role("heading")).to_have_text("Shopify : 2 articles")
    shopify.close()
    assert all(visit.case_path not in told for told in sold_elsewhere.referrers), "the secret link stays here"
    expect(marie.locator("#room")).to_be_visible()
    expect(nadia.locator("#mine, #theirs").first).to_be_visible()

    put(served, web_shop="")
    beside.get_by_role("button", name="Un de moins").click()  # told to both: the page knows its new way to buy
    with marie.expect_popup() as opened:
        marie.locator("#basket").get_by_role("link", name="Commander").click()
    order = opened.value
    order.get_by_label("Retrait au magasin").check()
    expect(order.get_by_label("Adresse de livraison")).to_be_hidden()
    order.get_by_label("Livraison à domicile").check()
    order.get_by_label("Par virement").check()
    order.get_by_label("Adresse de livraison").fill("4 impasse des Tilleuls")
    order.get_by_label("Code postal").fill("69003")
    order.get_by_label("Ville").fill("Lyon")
    order.get_by_label("J’ai lu les conditions générales").check()
    order.get_by_role("button", name="Commander").click()
    expect(order.get_by_role("heading", name="C’est commandé, merci")).to_be_visible()
    expect(beside).to_contain_text(re.compile(r"Commande C\d{4}-\d{4}, 95,80"))
    expect(marie.locator("#basket")).to_contain_text(re.compile(r"Commande C\d{4}-\d{4}"))
    is_paid_and_sent(nadia, order)


def is_paid_and_sent(nadia: Page, order: Page) -> None:
    """The seller notes the transfer on the invoice, then the parcel: the customer's page says so, with the invoice."""
    with nadia.expect_popup() as opened:
        nadia.locator("#basket").get_by_role("link", name="Commande").click()
    desk = opened.value
    home = desk.url
    desk.get_by_role("link", name="Noter le paiement").click()
    desk.locator("select[name=method]").select_option("transfer")
    desk.get_by_role("button", name="Noter le paiement").click()
    expect(desk.locator(".sum-due")).to_contain_text("0,00")
    desk.goto(home)
    expect(desk.get_by_text("Payée")).to_be_visible()
    desk.get_by_label("Transporteur").fill("Colissimo")
    desk.get_by_role("button", name="Envoyée, prévenir le client").click()
    order.reload()
    expect(order.get_by_role("heading", name="Votre commande est en route")).to_be_visible()
    expect(order.get_by_text("Payée")).to_be_visible()
    expect(order.get_by_role("link", name="Facture F")).to_be_visible()


RACE = """async ([paths, variant, wish]) => {
  const csrf_token = document.querySelector("#call").dataset.csrf;
  const post = (path, fields) => fetch(path, { method: "POST", body: new URLSearchParams({ ...fields, csrf_token }) });
  for (const path of paths) await post(`${path}/basket/pick`, { variant });
  const answers = await Promise.all(paths.map((path) => post(`${path}/order`, wish)));
  return Promise.all(answers.map(async (answer) => [answer.status, answer.url, await answer.text()]));
}"""


def test_of_two_who_order_the_last_piece_at_the_same_moment_one_gets_it(served: Served, chromium: Chromium) -> None:
    one, other = served.visit("sale"), served.visit("sale")
    with closing(sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=10)) as base, base:
        (variant,) = base.execute(
            "SELECT variant.id FROM variant JOIN product ON product.id = product_id WHERE name = ?", (MAKER,)
        ).fetchone()
        (before,) = base.execute("SELECT stock FROM variant WHERE id = ?", (variant,)).fetchone()
        base.execute("UPDATE variant SET stock = 1 WHERE id = ?", (variant,))
    page = chromium("red")
    page.goto(f"{served.url}{one.case_path}/call")
    wish = {"way": "collect", "pay": "shop", "terms": "y"}
    answers = page.evaluate(RACE, [[one.case_path, other.case_path], str(variant), wish])
    assert sorted(status for status, _url, _text in answers) == [200, 409]
    won, lost = sorted(answers)
    assert re.search(r"/orders/C\d{4}-\d{4}$", won[1])
    assert "il n’y en a plus" in lost[2]
    with closing(sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=10)) as base, base:
        assert base.execute("SELECT stock FROM variant WHERE id = ?", (variant,)).fetchone() == (0,)
        base.execute("UPDATE variant SET stock = ? WHERE id = ?", (before, variant))
