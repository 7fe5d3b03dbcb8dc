"""The waiting room tells the truth, on one screen of a telephone, and says when it is over."""

from datetime import UTC, datetime

from playwright.sync_api import Page, Route, expect

from .conftest import PHONE, Chromium, Served
from .people import click, colleague, customer, sign_in, until

TAP = """async ([key, minutes]) => {
  const form = new FormData();
  form.set("csrf_token", document.querySelector("[name=csrf_token]").value);
  form.set("minutes", minutes);
  await fetch(`/desk/appointments/${key}/late`, {method: "POST", body: form});
}"""

# somebody who has said nothing yet reads the longer words
QUIET = """document.querySelector("#mic-silent").hidden = !(document.querySelector("#mic-heard").hidden = true)"""


def due_now(route: Route) -> None:
    """The page of a visit whose hour is this minute."""
    page = route.fetch()
    start = f'data-start="{datetime.now(UTC).isoformat()}" data-was="'
    route.fulfill(response=page, body=page.text().replace('data-start="', start))


def test_a_delay_is_read_at_once_and_the_beginning_is_heard(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie: Page = chromium("several", PHONE)
    marie.route("**/call", due_now)
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Entrer")
    notice = marie.locator("#lobby .notice")
    expect(notice).to_contain_text("va arriver")
    karim = chromium("blue")
    sign_in(karim, served, visit, "repairer")
    karim.evaluate(TAP, [visit.key, "10"])
    expect(notice).to_contain_text("a environ 10 minutes de retard")
    expect(notice).to_contain_text("Arrivée prévue vers")
    marie.evaluate(QUIET)
    assert marie.evaluate("document.scrollingElement.scrollHeight") == PHONE["height"]  # nothing to scroll for
    marie.evaluate("Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})")  # she looks elsewhere
    click(karim, "Rejoindre l’appel")
    assert until(marie, lambda: marie.title() == "Karim est là.")
    assert until(marie, lambda: marie.evaluate("document.querySelector('#chime').played.length > 0"))


def test_who_waits_knows_that_another_call_is_ending(served: Served, chromium: Chromium) -> None:
    first, second = served.visit("repair"), served.visit("repair")
    marie = customer(chromium, served, second, "red")
    customer(chromium, served, first, "green")
    colleague(chromium, served, first, "repairer")
    expect(marie.locator("#lobby .notice")).to_contain_text("Karim termine un autre appel")
    expect(marie.locator("#lobby .notice")).to_contain_text("Vous êtes juste après")
