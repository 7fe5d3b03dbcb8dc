"""A passkey, from the making of it to the door, in a real browser whose device is Chromium's own virtual one."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from shopvisio.demo import PASSWORD

from .conftest import PHONE, Chromium, Served, unclaimed

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance that nobody has claimed yet, at an address where keys may be made."""
    yield from unclaimed(tmp_path_factory.mktemp("keys"))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def go_out(page: Page, shop: Served) -> None:
    page.goto(f"{shop.url}/desk/me/passkeys")
    page.locator("form[action='/signout']").first.evaluate("form => form.submit()")
    page.wait_for_url("**/signin")


def test_the_owner_makes_a_key_comes_in_with_it_and_removes_it(fresh: Served, chromium: Chromium) -> None:
    page = chromium("none", PHONE)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    named = device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    code = re.search(r"Claim code: (\S+)", fresh.log.read_text())
    assert code is not None
    page.goto(f"{fresh.url}/claim")
    filled = {"code": code[1], "owner_name": "Claire Fontaine", "owner_email": "claire@shop.example"}
    for name, text in {**filled, "password": PASSWORD}.items():
        page.locator(f"[name={name}]").fill(text)
    press(page, "Ouvrir la boutique")
    page.wait_for_url("**/desk/setup/**")

    page.goto(f"{fresh.url}/desk/me/passkeys")
    page.locator("[name=name]").fill("Téléphone")
    page.locator("[name=proof]").fill("pas celui-là")
    press(page, "Ajouter une clé d’accès")
    expect(page.get_by_role("alert")).to_contain_text("Ce n’est pas votre mot de passe actuel.")
    page.locator("[name=proof]").fill(PASSWORD)
    press(page, "Ajouter une clé d’accès")
    expect(page.get_by_role("status").filter(has_text="ouvre désormais le bureau")).to_be_visible()
    page.locator("[name=name]").fill("Encore lui")
    page.locator("[name=proof]").fill(PASSWORD)
    press(page, "Ajouter une clé d’accès")
    expect(page.get_by_role("alert")).to_contain_text("Cet appareil a déjà une clé pour vous.")

    go_out(page, fresh)
    device.send("WebAuthn.setUserVerified", {"authenticatorId": named, "isUserVerified": False})
    press(page, "Entrer avec une clé d’accès")
    expect(page.get_by_role("alert")).to_contain_text("Rien n’a été fait.")
    device.send("WebAuthn.setUserVerified", {"authenticatorId": named, "isUserVerified": True})
    press(page, "Entrer avec une clé d’accès")
    page.wait_for_url("**/desk")

    page.goto(f"{fresh.url}/desk/me/passkeys")
    press(page, "Retirer Téléphone")
    expect(page.get_by_role("status").filter(has_text="n’ouvre plus rien")).to_be_visible()
    go_out(page, fresh)
    press(page, "Entrer avec une clé d’accès")
    expect(page.get_by_text("Cette clé n’ouvre rien ici.")).to_be_visible()
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()
