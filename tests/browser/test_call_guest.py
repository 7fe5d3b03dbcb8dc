"""A third person in a call: invited by staff, seen and heard by both, put out again."""

from playwright.sync_api import Page, expect

from .conftest import PHONE, Chromium, Served
from .people import LOUDNESS, click, colleague, customer, sees, until

THIRD = "#third video"
HEIGHTS = """() => [...document.querySelectorAll(".ctls button")].filter((one) => one.checkVisibility())
  .map((one) => one.offsetHeight)"""
APART = """() => {
  const [told, tools] = ["#asking", "#tools"].map((one) => document.querySelector(one).getBoundingClientRect());
  return told.height > 0 && (told.bottom <= tools.top || told.top >= tools.bottom);
}"""


def link(karim: Page) -> str:
    """The invitation, as staff make it."""
    click(karim, "Inviter quelqu’un")
    expect(karim.locator("#invite-qr svg")).to_be_visible()
    found = karim.locator("#invite-link").input_value()
    click(karim.locator("#invite"), "Continuer l’appel")  # type: ignore[arg-type]
    return found


def guest(page: Page, where: str, name: str = "Jeanne") -> Page:
    """Somebody follows the link."""
    page.goto(where)
    page.get_by_label("Votre prénom").fill(name)
    click(page, "Entrer")
    return page


def hears_both(page: Page) -> bool:
    """Whether sound comes from each of the two others."""
    peaks = [page.evaluate(LOUDNESS.replace("#voice", voice), 3_000) for voice in ("#voice", "#voice-2")]
    return min(peaks) >= 0.05


def test_a_relative_joins_is_seen_and_heard_and_is_put_out(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(marie, "blue")
    karim.get_by_label("Écrire un message").fill("Avant Jeanne")
    karim.get_by_role("button", name="Envoyer").click()
    where = link(karim)

    jeanne = guest(chromium("green", PHONE), where)
    sees(jeanne, "red")
    sees(jeanne, "blue", THIRD)
    for page in (marie, karim):
        sees(page, "green", THIRD)
        expect(page.locator("#third figcaption")).to_contain_text("Jeanne")
    sees(marie, "blue")
    sees(karim, "red")
    assert hears_both(marie)
    assert hears_both(karim)
    assert hears_both(jeanne)
    expect(jeanne.get_by_role("button", name="Conclure l’appel")).to_have_count(0)
    expect(jeanne.locator("#talk p")).to_have_count(0)
    assert visit.case_key not in jeanne.content()

    jeanne.reload()
    sees(jeanne, "red")
    sees(marie, "green", THIRD)
    marie.get_by_role("button", name="Voir cette image en grand").first.click()
    expect(marie.locator("figure.big")).to_have_count(1)

    another = chromium("red", PHONE)
    another.goto(where)
    another.get_by_label("Votre prénom").fill("Paul")
    click(another, "Entrer")
    expect(another.locator(".refusal").first).to_contain_text("Jeanne est déjà dans cet appel")

    click(karim, "Inviter quelqu’un")
    click(karim, "Faire sortir Jeanne")
    jeanne.get_by_role("heading", name="Cette invitation ne sert plus").wait_for()
    for page in (marie, karim):
        expect(page.locator("#third")).to_be_hidden()
    sees(marie, "blue", "#theirs video")
    jeanne.goto(where)
    expect(jeanne.get_by_role("heading", name="Cette invitation ne sert plus")).to_be_visible()
    assert link(karim) != where
    has_room(karim)


def has_room(karim: Page) -> None:
    """Every button of the bar is of one line at the desk; on a telephone what is told lies beside the tools."""
    assert max(karim.evaluate(HEIGHTS)) == 44
    assert karim.evaluate("(bar) => bar.scrollWidth <= bar.clientWidth", karim.locator(".ctls").element_handle())
    karim.set_viewport_size(PHONE)
    click(karim, "Demander une photo")
    assert until(karim, lambda: karim.evaluate(APART))


def test_nobody_comes_in_without_a_name(served: Served, chromium: Chromium) -> None:
    visit = served.visit("sale")
    nadia = colleague(chromium, served, visit, "seller")
    page = chromium("green", PHONE)
    page.goto(link(nadia))
    click(page, "Entrer")
    expect(page.get_by_text("Indiquez votre prénom, puis entrez.")).to_be_visible()
    page.get_by_label("Votre prénom").fill("Jeanne")
    click(page, "Entrer")
    sees(page, "blue", THIRD)
    sees(nadia, "green", THIRD)
