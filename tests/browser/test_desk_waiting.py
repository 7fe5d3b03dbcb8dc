"""Somebody waits: the desk sees, hears and is told of it wherever it is, as it was asked to."""

import re

from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD

from .conftest import PHONE, Chromium, Served
from .people import SOON, click, customer, until

NAME = "Marie-Antoinette Delaunay-Charpentier"
EARS = """
window.chimes = 0;
window.told = [];
class Param { setValueAtTime() {} exponentialRampToValueAtTime() {} }
window.AudioContext = class {
  state = "running"; currentTime = 0; destination = {};
  createOscillator() {
    return { frequency: {}, connect: (to) => to, start: () => { window.chimes += 1; }, stop() {} };
  }
  createGain() { return { gain: new Param(), connect: (to) => to }; }
  resume() { return Promise.resolve(); }
};
window.Notification = class extends EventTarget {
  static get permission() { return sessionStorage.getItem("allowed") ?? "default"; }
  static asked = 0;
  static async requestPermission() {
    Notification.asked += 1;
    sessionStorage.setItem("allowed", "granted");
    return "granted";
  }
  constructor(title, { body }) { super(); window.told.push(`${title}: ${body}`); }
};
Document.prototype.hasFocus = () => false;
"""


def at_the_desk(chromium: Chromium, served: Served, path: str, size: dict[str, int] | None = None) -> Page:
    """The repairer, signed in, on a page of the desk; what is heard and told there is counted."""
    page = chromium("blue", size) if size else chromium("blue")
    page.add_init_script(EARS)
    page.goto(f"{served.url}/signin?next={path}")
    page.locator("input[name=email]").fill("repairer@shop.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"**{path}")
    return page


def rung(page: Page) -> int:
    """How often it rang: two notes each time."""
    notes: int = page.evaluate("window.chimes")
    return notes // 2


def test_a_customer_who_waits_is_seen_heard_and_told_on_every_page_of_the_desk(
    chromium: Chromium, served: Served
) -> None:
    page = at_the_desk(chromium, served, "/desk")
    assert page.evaluate("Notification.asked") == 0  # never by itself
    click(page, "M’avertir hors de cette page")
    assert page.evaluate("Notification.asked") == 1
    page.goto(f"{served.url}/desk/cases")
    waits = customer(chromium, served, served.visit("repair"))
    expect(page.locator("[data-bell]").get_by_text(NAME).first).to_be_visible(timeout=SOON)
    assert until(page, lambda: rung(page) == 1)
    expect(page).to_have_title(re.compile(r"^\(\d\) "))
    assert len(page.evaluate("window.told")) == 1
    assert page.evaluate("window.told[0]").startswith(f"{NAME} attend: Rendez-vous à ")
    page.goto(f"{served.url}/desk/parts")  # the next page shows it too, and does not ring for the same person again
    expect(page.locator("[data-bell]").get_by_text(NAME).first).to_be_visible(timeout=SOON)
    assert rung(page) == 0
    waits.close()


def test_the_sound_stays_off_once_it_was_turned_off(chromium: Chromium, served: Served) -> None:
    page = at_the_desk(chromium, served, "/desk", PHONE)
    click(page, "Son activé")
    expect(page.get_by_role("button", name="Son coupé")).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(page.get_by_role("button", name="Son coupé")).to_be_visible(timeout=SOON)
    waits = customer(chromium, served, served.visit("repair"))
    expect(page.locator("[data-bell]").get_by_text(NAME).first).to_be_visible(timeout=SOON)
    assert rung(page) == 0
    assert page.evaluate("window.told") == []  # nobody asked for notifications on this device
    click(page, "Son coupé")
    assert until(page, lambda: rung(page) == 1)  # what it sounds like
    waits.close()
