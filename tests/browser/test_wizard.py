"""The first run, from the code of the installation to the desk, in a real browser; the process is killed on the way."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from shopvisio import setup
from shopvisio.demo import PASSWORD, SHOP

from .conftest import PHONE, Chromium, Served, unclaimed

LONG = bool(os.environ.get("SHOPVISIO_LONG"))
KILLED_AT = set(setup.STEPS) if LONG else {"papers", "look"}  # the other steps, without a browser: tests/web/test_setup
BRAND = "#a8365a"


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance that nobody has claimed yet, on an empty data folder."""
    yield from unclaimed(tmp_path_factory.mktemp("fresh"))


def kill(shop: Served) -> None:
    """As when the plug is pulled; then it is up again."""
    assert shop.process is not None
    shop.process.send_signal(signal.SIGKILL)
    shop.process.wait(15)
    shop.start()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def fill(page: Page, **boxes: str) -> None:
    for name, text in boxes.items():
        box = page.locator(f"[name={name}]")
        if box.evaluate("one => one.tagName") == "SELECT":
            box.select_option(text)
        else:
            box.fill(text)


def shop(page: Page) -> None:
    fill(page, **{name: SHOP[name] for name in ("shop_name", "tagline", "email")}, phone="04")
    press(page, "Continuer")
    expect(page.get_by_text("Ce numéro de téléphone n’est pas complet").first).to_be_visible()
    expect(page.locator("[name=shop_name]")).to_have_value(SHOP["shop_name"])
    fill(page, phone=SHOP["phone"])


def papers(page: Page) -> None:
    own = ("legal_name", "legal_form", "capital", "register", "street", "postcode", "city", "iban", "mediator")
    fill(page, **{name: SHOP[name] for name in own}, siret=SHOP["siret"])


def hours(page: Page) -> None:
    expect(page.locator("[name=opens-0-0]")).to_have_value("09:00")
    fill(page, minutes1="40")


def price(page: Page) -> None:
    fill(page, fee="32", vat_regime="standard", vat_number=SHOP["vat_number"])


def look(page: Page) -> None:
    """The picture and the colour are seen before they are kept."""
    made = BytesIO()
    Image.new("RGB", (300, 300), BRAND).save(made, "PNG")
    sent = {"name": "logo.png", "mimeType": "image/png", "buffer": made.getvalue()}
    page.locator("[name=logo]").set_input_files(sent)  # type: ignore[arg-type]
    expect(page.locator("[data-shown] img")).to_have_attribute("src", re.compile("^blob:"))
    press(page, "Enregistrer le logo")
    expect(page.locator("[data-shown] img")).to_have_attribute("src", re.compile(r"^/logo\.png"))
    button = page.locator("[data-shown] .first")
    before = button.evaluate("one => getComputedStyle(one).backgroundColor")
    fill(page, brand=BRAND)
    page.wait_for_function(
        "before => getComputedStyle(document.querySelector('[data-shown] .first')).backgroundColor !== before",
        arg=before,
    )


DONE: dict[str, Callable[[Page], None]] = {
    "language": lambda page: None,
    "shop": shop,
    "papers": papers,
    "hours": hours,
    "price": price,
    "look": look,
}


def test_an_owner_sets_the_shop_up_and_a_killed_process_costs_nothing(fresh: Served, chromium: Chromium) -> None:
    page = chromium("none", PHONE)
    page.goto(f"{fresh.url}/claim")
    code = re.search(r"Claim code: (\S+)", fresh.log.read_text())
    assert code is not None
    fill(page, code=code[1], owner_name="Claire Fontaine", owner_email="claire@shop.example", password=PASSWORD)
    press(page, "Ouvrir la boutique")
    for name, title in setup.STEPS.items():
        page.wait_for_url(f"**/desk/setup/{name}")
        if name in KILLED_AT:
            kill(fresh)
            page.goto(f"{fresh.url}/desk/setup")
            page.get_by_role("link", name=f"Continuer : {title}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(str(title))
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        if name in DONE:
            DONE[name](page)
            press(page, "Continuer")
        else:
            press(page, "Plus tard")
    expect(page.get_by_text("Vous avez tout parcouru.")).to_be_visible()
    page.get_by_role("link", name="Aller au bureau").click()
    todo = page.get_by_role("list", name="Reste de l’installation")
    left = [name for name in setup.STEPS if name not in DONE]
    expect(todo.get_by_role("link")).to_have_text([str(setup.STEPS[name]) for name in left])
    page.goto(fresh.url)
    expect(page.get_by_text(SHOP["shop_name"]).first).to_be_visible()
    expect(page.get_by_text("32").first).to_be_visible()
