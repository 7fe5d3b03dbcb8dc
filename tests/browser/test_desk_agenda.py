"""The week by keyboard and without JavaScript; a visit taken down on the telephone, up to its call."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from tests.conftest import PASSWORD

from .conftest import LAPTOP, PHONE, Chromium, Served
from .people import SOON, click, sees


def sign_in(page: Page, served: Served, who: str, path: str) -> None:
    """By the door, to a page of the desk."""
    page.goto(f"{served.url}/signin?next={path}")
    page.locator("input[name=email]").fill(f"{who}@shop.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"**{path}")


def here(page: Page) -> str:
    """What has the focus, in words."""
    text: str = page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()")
    return text


def test_the_arrows_walk_through_the_week(chromium: Chromium, served: Served) -> None:
    page = chromium("blue")
    sign_in(page, served, "repairer", "/desk/week")
    busy = page.locator("section.day:has(li:nth-child(3))").last.locator("a.visit-block")
    first, second = (" ".join((busy.nth(n).text_content() or "").split()) for n in (0, 1))
    busy.first.focus()
    page.keyboard.press("ArrowDown")
    assert here(page) == second
    page.keyboard.press("ArrowUp")
    assert here(page) == first
    page.keyboard.press("ArrowRight")
    assert here(page) != first  # a later day, or on to the next week
    busy.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/cases/*")


def test_the_week_is_read_without_javascript_on_a_grid_and_as_a_list(
    browsers: Callable[[str], Browser], served: Served
) -> None:
    for size in (LAPTOP, PHONE):
        context = browsers("blue").new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="fr-FR",
            ignore_https_errors=True,
            java_script_enabled=False,
        )
        page = context.new_page()
        sign_in(page, served, "repairer", "/desk/week")
        days = page.locator("section.day").filter(has=page.locator("li:nth-child(2)"))
        boxes = [days.last.locator("li").nth(n).bounding_box() for n in (0, 1)]
        assert all(boxes)
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["y"] < boxes[1]["y"] or boxes[0]["x"] < boxes[1]["x"]  # under each other, or in lanes
        page.get_by_role("link", name="Semaine suivante").click()
        page.wait_for_url(re.compile(r"/desk/week/\d{4}-\d\d-\d\d"))
        context.close()


def test_a_visit_is_taken_down_on_a_telephone_and_the_call_takes_place(chromium: Chromium, served: Served) -> None:
    page = chromium("blue", PHONE)
    sign_in(page, served, "seller", "/desk")
    page.get_by_role("link", name="Rendez-vous", exact=True).click()
    page.get_by_role("link", name="Acheter en visio").click()
    soon = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(minutes=20)  # the stage's own visits are over by then
    page.get_by_label("Jour", exact=True).fill(soon.strftime("%Y-%m-%d"))
    page.get_by_label("Heure", exact=True).fill(soon.strftime("%H:%M"))
    click(page, "Continuer")
    page.get_by_label("Nom", exact=True).fill("Yann Le Goff")
    page.get_by_label("Téléphone", exact=True).fill("06 39 98 27 51")
    page.get_by_label("Ce que le client veut voir").fill("Aspirateur")
    page.get_by_text("J’ai lu les conditions générales").click()
    late = page.get_by_label("Oui, réserver quand même à cette heure-là")
    if late.count():  # just before midnight the visit ends on a day that has not begun
        late.check()
    click(page, "Réserver")
    expect(page.get_by_text("Sans adresse e-mail, rien ne part")).to_be_visible(timeout=SOON)
    link = page.locator(".copy > span").text_content() or ""
    caller = chromium("red", PHONE)
    caller.goto(served.url + re.sub(r"^https?://[^/]+", "", link))
    caller.get_by_role("link", name="Lire et accepter").click()
    caller.get_by_text("J’ai lu les conditions générales").click()
    click(caller, "J’accepte")
    expect(caller.get_by_text("votre accord en une minute")).to_have_count(0)
    caller.get_by_role("link", name="Entrer dans la salle d’attente").click()
    click(caller, "Entrer")
    page.goto(f"{served.url}/desk")
    page.locator("[data-bell]").get_by_role("listitem").filter(has_text="Yann Le Goff").get_by_role(
        "link", name="Entrer"
    ).click()
    click(page, "Rejoindre l’appel")
    sees(page, "red")
    sees(caller, "blue")
