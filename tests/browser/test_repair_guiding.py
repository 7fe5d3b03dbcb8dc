"""A repair guided step by step: one checklist on two screens, a guide behind its gate, and Stop on every side."""

import os

import pytest
from playwright.sync_api import Page, expect

from . import axe
from .conftest import PHONE, Chromium, Served, Visit
from .people import click, colleague, customer, sees
from .test_call_guest import guest, link

SOON = 30_000  # ms: the machine may be busy
STEP = "#step-card"


def in_call(chromium: Chromium, served: Served) -> tuple[Page, Page, Visit]:
    """The customer on their telephone and the repairer at the desk, who see each other."""
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red", timeout=SOON)
    for page in (marie, karim):
        page.set_default_timeout(SOON)
    return marie, karim, visit


def write(karim: Page, *texts: str) -> None:
    """Type, Enter, the next."""
    box = karim.get_by_label("Écrire une étape")
    for text in texts:
        box.fill(text)
        box.press("Enter")


def ticked(page: Page, text: str, done: bool = True) -> None:
    """Wait until the desk shows the step so."""
    box = page.locator("#steps").get_by_role("checkbox", name=text)
    expect(box).to_have_attribute("aria-checked", str(done).lower(), timeout=SOON)


def test_steps_written_in_the_call_are_ticked_from_both_sides_through_reloads(
    served: Served, chromium: Chromium
) -> None:
    marie, karim, visit = in_call(chromium, served)
    write(karim, "Retirer le couvercle", "Fermer le robinet", "Vider le réservoir")
    expect(marie.locator(STEP)).to_contain_text("Retirer le couvercle", timeout=SOON)
    expect(marie.locator(STEP)).to_contain_text("Étape 1 sur 3", timeout=SOON)
    marie.locator("#step-done").dblclick()  # a finger that trembles ticks one step, not two
    expect(marie.locator(STEP)).to_contain_text("Étape 2 sur 3", timeout=SOON)
    ticked(karim, "Retirer le couvercle")
    ticked(karim, "Fermer le robinet", done=False)
    marie.reload()
    expect(marie.locator(STEP)).to_contain_text("Fermer le robinet", timeout=SOON)
    karim.locator("#steps").get_by_role("checkbox", name="Fermer le robinet").click()
    expect(marie.locator(STEP)).to_contain_text("Vider le réservoir", timeout=SOON)
    click(marie, "Pas encore fait : Fermer le robinet")
    ticked(karim, "Fermer le robinet", done=False)
    karim.reload()
    ticked(karim, "Retirer le couvercle")
    karim.context.set_offline(True)
    marie.locator("#step-done").click()
    expect(marie.locator(STEP)).to_contain_text("Étape 3 sur 3", timeout=SOON)
    karim.context.set_offline(False)
    ticked(karim, "Fermer le robinet")  # what happened while the line was cut is there when it is back
    marie.goto(f"{served.url}{visit.case_path}#steps")
    expect(marie.locator("#steps")).to_contain_text("2 sur 3", timeout=SOON)


def test_a_step_is_changed_moved_and_left_out_while_the_next_is_being_typed(served: Served, chromium: Chromium) -> None:
    marie, karim, _visit = in_call(chromium, served)
    write(karim, "Essuyer", "Débrancher la machine")
    expect(karim.locator(".check li")).to_have_count(2, timeout=SOON)
    karim.get_by_label("Changer : Débrancher la machine").click()
    click(karim, "Monter")
    expect(marie.locator(STEP)).to_contain_text("Débrancher la machine", timeout=SOON)
    karim.get_by_label("Changer : Débrancher la machine").click()
    karim.locator(".change[open]").get_by_label("Danger").select_option("danger")
    karim.locator(".change[open]").get_by_label("Comment").fill("Tirez la fiche, pas le fil.")
    karim.get_by_label("Écrire une étape").fill("Ouvrir la tr")
    click(karim, "Enregistrer l’étape")
    expect(marie.locator(f"{STEP} .level")).to_have_text("Danger", timeout=SOON)
    expect(marie.locator(STEP)).to_contain_text("Tirez la fiche, pas le fil.", timeout=SOON)
    expect(karim.get_by_label("Écrire une étape")).to_have_value("Ouvrir la tr", timeout=SOON)
    marie.locator("#step-done").click()
    ticked(karim, "Débrancher la machine")
    expect(karim.get_by_label("Écrire une étape")).to_have_value("Ouvrir la tr", timeout=SOON)
    karim.get_by_label("Changer : Essuyer").click()
    click(karim, "Retirer")
    expect(marie.locator(STEP)).to_contain_text("Toutes les étapes sont faites", timeout=SOON)


def test_a_guide_is_found_looked_into_and_starts_behind_its_gate(served: Served, chromium: Chromium) -> None:
    marie, karim, _visit = in_call(chromium, served)
    karim.locator("#start-guide > summary").click()
    karim.get_by_label("Chercher un guide").fill("chasse")
    found = karim.locator("#start-guide [data-found] .guide")
    expect(found).to_have_count(1, timeout=SOON)
    found.locator("summary").click()
    expect(found).to_contain_text("Quand s’arrêter", timeout=SOON)
    click(karim, "Commencer ce guide")
    expect(marie.locator(".gate")).to_contain_text("L’eau est-elle coupée", timeout=SOON)
    click(marie, "Non")
    expect(karim.locator(".gate")).to_contain_text("On s’arrête là : eau coupée, non.", timeout=SOON)
    expect(marie.locator(".gate")).to_contain_text("On s’arrête là", timeout=SOON)
    click(karim, "Reposer la question")
    for question in ("L’eau est-elle coupée", "les deux pieds au sol"):
        expect(marie.locator(".gate .ask")).to_contain_text(question, timeout=SOON)
        marie.wait_for_timeout(1_500)  # a touch right after another is the second half of a double one
        marie.locator("#gate-yes").click()
    expect(marie.locator(STEP)).to_contain_text("Étape 1 sur 10", timeout=SOON)
    expect(marie.locator(f"{STEP} img")).to_be_visible(timeout=SOON)
    expect(karim.locator(".check li")).to_have_count(10, timeout=SOON)
    assert axe.faults(marie) == []
    assert axe.faults(karim) == []
    marie.locator(f"{STEP} > summary").click()  # folded, it leaves the picture free
    expect(marie.locator("#step-done")).to_be_hidden(timeout=SOON)


def test_stop_is_one_tap_on_any_side_and_staff_alone_let_it_go_on(served: Served, chromium: Chromium) -> None:
    marie, karim, visit = in_call(chromium, served)
    write(karim, "Fermer le robinet")
    expect(marie.locator(STEP)).to_be_visible(timeout=SOON)
    click(marie, "Stop, danger")
    for page in (marie, karim):
        expect(page.locator("#stopped")).to_contain_text("Arrêtez tout.", timeout=SOON)
        expect(page.locator("#stopped a[href='tel:112']")).to_be_visible(timeout=SOON)
    expect(karim.locator("#stopped")).to_contain_text("Marie-Antoinette", timeout=SOON)
    marie.locator("#stopped").get_by_role("button", name="Du courant").click()
    expect(karim.locator("#stopped")).to_contain_text("Abaissez le disjoncteur général", timeout=SOON)
    expect(marie.locator(STEP)).to_be_hidden(timeout=SOON)
    assert axe.faults(marie) == []
    marie.reload()
    expect(marie.locator("#stopped")).to_be_visible(timeout=SOON)
    click(karim, "Reprendre")
    expect(karim.locator("#lift .why")).to_contain_text("pourquoi il n’y a plus de danger", timeout=SOON)
    karim.get_by_label("Pourquoi il n’y a plus de danger").fill("Le courant est coupé au tableau.")
    click(karim, "Reprendre")
    for page in (marie, karim):
        expect(page.locator("#stopped")).to_be_hidden(timeout=SOON)
    click(karim, "Stop, danger")
    expect(marie.locator("#stopped")).to_be_visible(timeout=SOON)
    click(karim, "Conclure : non réparé")
    expect(karim.locator("#conclude")).to_contain_text("Non réparé", timeout=SOON)
    karim.goto(f"{served.url}/desk/cases/{visit.case_key}")
    expect(karim.get_by_text("Tout est arrêté pour danger").first).to_be_visible(timeout=SOON)
    expect(karim.locator(".journal")).to_contain_text("Le courant est coupé au tableau.", timeout=SOON)


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="tests/web/test_steps.py holds it in small")
def test_a_third_person_may_stop_too(served: Served, chromium: Chromium) -> None:
    marie, karim, _visit = in_call(chromium, served)
    paul = guest(chromium("green", PHONE), link(karim), "Paul")
    click(paul, "Stop, danger")
    for page in (marie, karim):
        expect(page.locator("#stopped")).to_contain_text("Paul", timeout=SOON)
