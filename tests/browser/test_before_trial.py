"""Days before the call: a device is tried, through the real relay, and the verdict is told in words."""

import os

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import PHONE, Chromium, Served, Visit
from .people import click, sign_in

MEASURED = 40_000  # ms: ten seconds of measuring on a machine that has other work


def try_out(page: Page) -> None:
    """All of it, as somebody who hears the notes."""
    click(page, "Commencer le test")
    click(page, "Écouter")
    click(page, "Oui")
    page.get_by_role("heading", name="Tester mon appareil").wait_for(state="hidden", timeout=MEASURED)


LOSES = """(share) => {
  const ask = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function (...given) {
    const found = new Map();
    (await ask.apply(this, given)).forEach((one, key) => {
      const lost = one.type === "inbound-rtp" ? {packetsLost: share * one.packetsReceived} : {};
      found.set(key, {...one, ...lost});
    });
    return found;
  };
}"""


def without_addresses(route: Route) -> None:
    """The appliance's answer names no address: media find no way."""
    told = route.fetch().json()
    told["answer"] = "".join(line for line in told["answer"].splitlines(True) if not line.startswith("a=candidate"))
    route.fulfill(json=told)


def at_the_desk(chromium: Chromium, served: Served, visit: Visit) -> Page:
    karim = chromium("blue")
    sign_in(karim, served, visit, "repairer")
    karim.goto(f"{served.url}/desk/cases/{visit.case_key}")
    return karim


def test_all_is_well_and_the_shop_knows(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("several", PHONE)
    marie.goto(f"{served.url}{visit.case_path}")
    marie.get_by_role("link", name="Tester mon appareil maintenant").click()
    marie.wait_for_url("**/trial")
    try_out(marie)
    expect(marie.get_by_role("heading", name="Tout est prêt")).to_be_visible()
    marie.get_by_role("link", name="Refaire le test").click()
    expect(marie.get_by_text("Dernier test")).to_be_visible()
    karim = at_the_desk(chromium, served, visit)
    expect(karim.locator("aside .pill").filter(has_text="Tout est prêt")).to_be_visible()
    expect(karim.get_by_text("teste son matériel")).to_be_visible()


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="ten seconds of measuring: run by tests/long")
def test_a_connection_that_loses_packets_is_called_weak(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("several", PHONE)
    marie.add_init_script(f"({LOSES})(0.08)")
    marie.goto(f"{served.url}{visit.case_path}/trial")
    try_out(marie)
    expect(marie.get_by_role("heading", name="Votre connexion est faible")).to_be_visible()
    expect(marie.get_by_text("La voix passera, l’image peut-être pas")).to_be_visible()


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="ten seconds of measuring: run by tests/long")
def test_without_camera_and_microphone_the_rest_is_tried(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("none", PHONE)
    marie.goto(f"{served.url}{visit.case_path}/trial")
    click(marie, "Commencer le test")
    expect(marie.get_by_role("alert").filter(has_text="Il manque")).to_be_visible()
    click(marie, "Tester seulement le son et la connexion")
    click(marie, "Écouter")
    click(marie, "Oui")
    expect(marie.get_by_role("heading", name="Le micro ne s’entend pas")).to_be_visible(timeout=MEASURED)


def test_where_nothing_passes_the_telephone_is_offered(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("several", PHONE)
    marie.route("**/trial/dial", without_addresses)
    marie.goto(f"{served.url}{visit.case_path}/trial")
    try_out(marie)
    expect(marie.get_by_role("heading", name="L’appel ne passe pas")).to_be_visible()
    expect(marie.get_by_role("link", name="Plutôt par téléphone")).to_be_visible()
