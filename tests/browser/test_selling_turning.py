"""In real browsers: a sale becomes a repair in the middle of its call, and a colleague practises in two windows."""

import os
import re

import pytest
from playwright.sync_api import expect

from .conftest import Chromium, Served
from .people import SOON, click, colleague, customer, sees, sign_in

LONG = "SHOPVISIO_LONG" in os.environ


def test_a_sale_becomes_a_repair_and_the_call_goes_on(served: Served, chromium: Chromium) -> None:
    visit = served.visit("sale")
    nadia = colleague(chromium, served, visit, "seller")
    marie = customer(chromium, served, visit)
    sees(marie, "blue")
    click(nadia, "Conclure l’appel")
    turned = nadia.locator("#conclude details", has_text="C’est une panne")
    turned.locator("summary").first.click()
    turned.get_by_role("textbox", name="Appareil").fill("Cafetière")
    turned.get_by_role("textbox", name="Ce qui ne va pas").fill("Elle fuit.")
    turned.get_by_label("Rien de tout cela").check()
    turned.get_by_role("button", name="En faire une réparation").click()
    expect(marie.locator("#agree")).to_be_visible(timeout=SOON)
    sees(marie, "blue")
    sees(nadia, "red")
    with marie.expect_popup() as opened:
        marie.locator("#agree").get_by_role("link").click()
    agreed = opened.value
    for tick in agreed.get_by_role("checkbox").all():
        tick.check()
    click(agreed, "J’accepte")
    expect(agreed.get_by_role("link", name="Revenir dans l’appel")).to_be_visible()


@pytest.mark.long
@pytest.mark.skipif(not LONG, reason="set SHOPVISIO_LONG=1: what the server does of it is shown in tests/web")
def test_a_colleague_practises_with_a_pretend_customer(served: Served, chromium: Chromium) -> None:
    nadia = chromium("blue")
    sign_in(nadia, served, served.visit("sale"), "seller")
    nadia.goto(f"{served.url}/desk/practice")
    click(nadia, "Commencer un exercice")
    expect(nadia.locator(".qr")).to_have_js_property("complete", True)
    path = nadia.get_by_role("link", name=re.compile("page du client")).get_attribute("href")
    pretend = chromium("red")
    pretend.goto(f"{served.url}{path}")
    expect(pretend.get_by_text("Ceci est un exercice")).to_be_visible()
    click(pretend, "Entrer")
    nadia.get_by_role("link", name="Entrer dans l’appel").click()
    click(nadia, "Rejoindre l’appel")
    sees(nadia, "red")
    sees(pretend, "blue")
    click(nadia, "Conclure l’appel")
    click(nadia, "Terminer l’exercice")
    expect(pretend.get_by_role("heading", name="L’exercice est terminé")).to_be_visible(timeout=SOON)
    expect(nadia.get_by_role("button", name="Commencer un exercice")).to_be_visible()
