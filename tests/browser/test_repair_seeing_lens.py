"""Lamp, zoom and the other side. The fake cameras have none of these: a stub in the page (lens.js) stands for what a
telephone's track is able to do, and notes what it is told; all else is real."""

from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import Chromium, Served
from .people import click, colleague, customer, sees, until

LONG = 30_000  # ms
TELEPHONE = (Path(__file__).parent / "lens.js").read_text()


def acts(page: Page) -> list[str]:
    """What the stubbed camera was told, in order."""
    told: list[str] = page.evaluate("window.acts")
    return told


def ask(karim: Page, marie: Page, button: str, sentence: str) -> None:
    """The repairer asks, once more where the line was cut just then, until the customer reads it."""

    def asked() -> bool:
        if not marie.locator("#lend").is_visible():
            karim.get_by_role("button", name=button).click()
            marie.wait_for_timeout(1_000)
        return marie.locator("#lend").is_visible()

    assert until(marie, asked, LONG)
    expect(marie.locator("#lend")).to_contain_text(sentence)


def test_the_rear_camera_comes_first_and_the_old_one_is_stopped_before_the_new_one_opens(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit, script=TELEPHONE)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red", timeout=LONG)
    assert acts(marie) == ["open environment"]
    click(marie, "Retourner\u00a0: changer de caméra")
    assert until(marie, lambda: acts(marie) == ["open environment", "stop environment", "open user"], LONG)
    sees(karim, "red", timeout=LONG)
    marie.reload()  # the side that was chosen stays
    expect(marie.locator("#room")).to_be_visible(timeout=LONG)
    assert acts(marie) == ["open user"]
    ask(karim, marie, "Demander au client de retourner", "Karim demande à voir l’autre côté")
    assert acts(marie) == ["open user"]  # that takes a touch, each time
    click(marie, "Retourner la caméra")
    assert until(marie, lambda: acts(marie) == ["open user", "stop user", "open environment"], LONG)


def test_the_customer_lights_their_lamp_and_zooms_by_keyboard_and_the_repairer_sees_it(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit, script=TELEPHONE)
    karim = colleague(chromium, served, visit, "repairer")
    lamp, theirs = marie.get_by_role("button", name="Lampe"), karim.get_by_role("button", name="Lampe du client")
    expect(theirs).to_have_attribute("aria-pressed", "false", timeout=LONG)
    lamp.click()
    expect(lamp).to_have_attribute("aria-pressed", "true")
    expect(theirs).to_have_attribute("aria-pressed", "true", timeout=LONG)
    expect(karim.get_by_text("La lampe de votre client est allumée.")).to_be_visible()
    marie.get_by_role("slider", name="Zoom").press("End")
    assert until(marie, lambda: acts(marie)[-1] == "lamp on, zoom 8", LONG)
    expect(karim.get_by_role("slider", name="Zoom de la caméra du client")).to_have_value("8", timeout=LONG)
    expect(karim.get_by_role("slider")).to_have_attribute("aria-valuetext", "8,0 fois")
    click(marie, "Retourner\u00a0: changer de caméra")
    expect(marie.get_by_text("La lampe s’est éteinte avec cette caméra.")).to_be_visible(timeout=LONG)
    expect(lamp).to_be_hidden()
    expect(karim.get_by_text("La lampe de votre client s’est éteinte avec cette caméra.")).to_be_visible(timeout=LONG)
    expect(theirs).to_be_hidden()
    expect(karim.get_by_role("slider")).to_be_hidden()


def test_the_repairer_asks_for_the_lamp_and_once_let_lights_it_visibly(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit, script=TELEPHONE)
    karim = colleague(chromium, served, visit, "repairer")
    theirs = karim.get_by_role("button", name="Lampe du client")
    ask(karim, marie, "Lampe du client", "Karim demande à allumer votre lampe")
    expect(karim.get_by_text("Demandé. Cela se fait dès que votre client l’accepte.")).to_be_visible()
    click(marie, "Pas maintenant")
    assert acts(marie) == ["open environment"]  # nothing was done
    ask(karim, marie, "Lampe du client", "Karim demande à allumer votre lampe")
    marie.get_by_label("Il peut régler ma lampe").check(timeout=LONG)
    click(marie, "Allumer la lampe")
    expect(marie.locator("#lent")).to_contain_text("Karim allume votre lampe")
    expect(theirs).to_have_attribute("aria-pressed", "true", timeout=LONG)
    marie.reload()  # what was let stays so, also through a reload; the lamp does not
    expect(theirs).to_have_attribute("aria-pressed", "false", timeout=LONG)
    karim.get_by_role("slider", name="Zoom de la caméra du client").press("ArrowUp")
    expect(marie.locator("#lent")).to_contain_text("Karim règle votre zoom", timeout=LONG)
    assert until(marie, lambda: acts(marie)[-1] == "lamp off, zoom 1.1", LONG)
    click(marie, "Reprendre la main")
    ask(karim, marie, "Lampe du client", "Karim demande à allumer votre lampe")
