"""How a repair ends, in real browsers: what the shop says, what the customer answers, and what follows of it.

Papers and mails have tests of their own; time that must pass is set back in the base of the running appliance.
"""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import LAPTOP, PHONE, Chromium, Served, Visit
from .people import click, colleague, customer, sees, until

PATIENT = 30_000  # ms


def in_call(chromium: Chromium, served: Served, visit: Visit) -> tuple[Page, Page]:
    """The customer and the repairer, each seeing the other."""
    marie, karim = customer(chromium, served, visit), colleague(chromium, served, visit, "repairer")
    for page in (marie, karim):
        page.set_default_timeout(PATIENT)
    sees(marie, "blue", timeout=PATIENT)
    sees(karim, "red", timeout=PATIENT)
    return marie, karim


def conclude(karim: Page, way: str, button: str, **fields: str) -> None:
    """The repairer ends the call in one of its ways, and is led to the case."""
    click(karim, "Conclure l’appel")
    dialog = karim.locator("#conclude")
    dialog.locator("summary").filter(has_text=re.compile(rf"^\s*{way}")).click()
    for name, value in fields.items():
        field = dialog.locator(f"details[open] [name={name}]").first
        if name == "condition":
            dialog.locator(f"details[open] [name=condition][value={value}]").check()
        elif name == "barrier":
            field.select_option(value)
        else:
            field.fill(value)
    dialog.get_by_role("button", name=button).click()
    karim.wait_for_url("**/desk/cases/*")


def propose_from_the_desk(karim: Page, outcome: str, words: str) -> None:
    """On the case's page, once the call is over."""
    act = karim.locator("details.act").filter(has=karim.locator("[name=outcome][value=not_repaired]"))
    if not act.evaluate("it => it.open"):
        act.locator("summary").click()
    act.get_by_role("radio", name=outcome, exact=True).check()
    act.locator("[name=words]").fill(words)
    if outcome == "Non réparé":
        act.get_by_role("radio", name="En fin de vie").check()
        act.locator("[name=barrier]").select_option("too_dear")
    act.get_by_role("button", name="Proposer au client").click()
    expect(karim.get_by_text("pourrez confirmer vous-même")).to_be_visible(timeout=PATIENT)


def days_pass(served: Served, visit: Visit, days: int) -> None:
    """The proposal was made so many days earlier."""
    with closing(sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=PATIENT / 1000)) as base, base:
        base.execute("UPDATE 'case' SET proposed_at = datetime(proposed_at, ?) WHERE key = ?",
                     (f"-{days} days", visit.case_key))  # fmt: skip


def report_comes(marie: Page) -> None:
    """The report opens as PDF, once it is drawn: its page comes back by itself until then."""
    link = marie.get_by_role("link").filter(has_text="Rapport de réparation")
    address = link.evaluate("link => link.href")
    for _try in range(60):
        answer = marie.request.get(address)
        if answer.headers["content-type"] == "application/pdf":
            assert answer.body().startswith(b"%PDF-")
            return
        assert "se prépare" in answer.text() or "se met à jour" in answer.text()
        marie.wait_for_timeout(1000)
    raise AssertionError("no report came")


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="in tests/long")
def test_repaired_is_the_customers_to_confirm_and_comes_back_at_0(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie, karim = in_call(chromium, served, visit)
    conclude(karim, "Réparé", "Proposer « Réparé »", words="Joint nettoyé, robinet rouvert.")

    marie.wait_for_url("**/answer")
    expect(marie.get_by_role("heading", name=re.compile("La réparation est-elle réussie"))).to_be_visible()
    expect(marie.get_by_text("Joint nettoyé, robinet rouvert.")).to_be_visible()
    assert fits(marie)
    marie.get_by_role("button", name=re.compile("Oui, c’est réparé")).click()
    expect(marie.get_by_text(re.compile("Garantie jusqu’au"))).to_be_visible()

    marie.get_by_role("button", name=re.compile("5\\s*Très content")).click()
    expect(marie.get_by_text("C’est noté, merci")).to_be_visible()
    marie.get_by_label(re.compile("Un mot")).fill("Très patient.")
    click(marie, "Changer ma note")
    click_link(marie, "Revenir au dossier")
    expect(marie.get_by_text("5 sur 5, très content")).to_be_visible()
    report_comes(marie)
    karim.reload()
    expect(karim.get_by_text("répond Oui")).to_be_visible()
    expect(karim.get_by_text("Très patient.").first).to_be_visible()

    marie.reload()
    click_link(marie, "La panne est revenue")
    marie.get_by_label(re.compile("Ce qui se passe")).fill("Elle goutte de nouveau.")
    click(marie, "Rouvrir, sans frais")
    expect(marie.get_by_role("heading", name="Nous reprenons, sous garantie")).to_be_visible()
    expect(marie.get_by_text("Sous garantie : 0 €")).to_be_visible()
    karim.reload()
    expect(karim.get_by_text("Elle goutte de nouveau.").first).to_be_visible()
    expect(karim.get_by_text("Rien n’est plus facturé.")).to_be_visible()
    expect(karim.get_by_text("À payer si réparé")).to_have_count(0)


def test_a_customer_gone_before_answering_says_no_later_and_silence_may_be_contested(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    marie, karim = in_call(chromium, served, visit)
    marie.close()
    conclude(karim, "Réparé", "Proposer « Réparé »", words="Plus de bruit.")

    later = chromium("red", PHONE)
    later.set_default_timeout(PATIENT)
    later.goto(f"{served.url}{visit.case_path}")
    click_link(later, "Donner ma réponse")
    later.get_by_role("link", name=re.compile("Non, ce n’est pas réparé")).click()
    later.locator("[name=words]").fill("Elle fuit encore, goutte à goutte.")
    click(later, "Envoyer : non, ce n’est pas réparé")
    expect(later.get_by_role("heading", name="Votre dossier est entre nos mains")).to_be_visible()
    expect(later.get_by_role("link").filter(has_text="Facture")).to_have_count(0)

    karim.reload()
    expect(karim.get_by_text("Elle fuit encore, goutte à goutte.").first).to_be_visible()
    expect(karim.get_by_text("Confirmer sans réponse")).to_have_count(0)
    propose_from_the_desk(karim, "Réparé", "Joint resserré.")
    days_pass(served, visit, 4)
    karim.reload()
    karim.locator("[name=reason]").fill("Sans nouvelles après deux e-mails.")
    karim.get_by_role("button", name="Confirmer « réparé »").click()
    expect(karim.get_by_text("le client peut encore contester")).to_be_visible()

    invoice = later.get_by_role("link").filter(has_text="Facture")
    comes(later, lambda: invoice.count() == 1)
    later.locator("summary").filter(has_text="Je ne suis pas d’accord").click()
    later.locator("details[open] [name=words]").fill("J’étais à l’hôpital.")
    click(later, "Contester et rouvrir le dossier")
    comes(later, lambda: later.get_by_role("link").filter(has_text=re.compile(r"^\s*Avoir A")).count() == 1)
    expect(later.get_by_text("annulée par un avoir")).to_be_visible()
    karim.reload()
    expect(karim.get_by_text("J’étais à l’hôpital.").first).to_be_visible()


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="tests/test_parts.py holds it in small")
def test_a_part_is_refused_and_not_repaired_says_why(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie, karim = in_call(chromium, served, visit)
    cut: list[str] = []

    def cut_off(route: Route) -> None:
        cut.append(route.request.url)
        route.abort()

    marie.route("**/stills/*", cut_off)
    click(marie, "Prendre une photo")
    assert until(marie, lambda: bool(cut))
    offered = {"name": "Carte de commande", "price": "149", "words": "Grillée."}
    conclude(karim, "Il faut une pièce", "Proposer cette pièce", **offered)
    marie.wait_for_url("**/part")
    expect(marie.get_by_text("Une photo de l’appel part encore")).to_be_visible()  # the call is over, it is not lost
    marie.unroute("**/stills/*")
    expect(marie.get_by_text("Toutes les photos de l’appel sont arrivées")).to_be_visible()
    expect(marie.get_by_text("149 €").first).to_be_visible()
    marie.locator("summary").filter(has_text="Je n’en veux pas").click()
    marie.locator("details[open] [name=words]").fill("C’est le prix d’une neuve.")
    click(marie, "Refuser")
    expect(marie.get_by_role("heading", name="Votre dossier est entre nos mains")).to_be_visible()

    karim.reload()
    expect(karim.get_by_text("C’est le prix d’une neuve.").first).to_be_visible()
    expect(karim.get_by_text("Photo prise pendant l’appel.")).to_be_visible()
    propose_from_the_desk(karim, "Non réparé", "Carte grillée, trop chère pour son âge.")
    marie.reload()
    click_link(marie, "Donner ma réponse")
    expect(marie.get_by_text("En fin de vie : pièce trop chère.")).to_be_visible()
    marie.get_by_role("button", name=re.compile("Oui, je suis d’accord")).click()
    expect(marie.get_by_role("heading", name="Vous n’avez rien à payer")).to_be_visible()
    expect(marie.get_by_text("déchèterie")).to_be_visible()
    comes(marie, lambda: marie.get_by_role("link").filter(has_text="Compte rendu sans frais").count() == 1)
    expect(marie.get_by_role("link").filter(has_text="Facture")).to_have_count(0)


def test_in_the_call_not_repaired_is_not_sent_without_its_reason(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    karim = colleague(chromium, served, visit, "repairer")
    click(karim, "Conclure l’appel")
    dialog = karim.locator("#conclude")
    dialog.locator("summary").filter(has_text="Non réparé").click()
    button = dialog.get_by_role("button", name="Proposer « Non réparé »")
    button.click()
    assert dialog.locator("[name=condition]").first.evaluate("it => it.matches(':invalid')")
    dialog.get_by_label("Réparable").check()
    dialog.locator("[name=barrier]").select_option("on_site")
    button.click()
    karim.wait_for_url("**/desk/cases/*")
    expect(karim.get_by_text("non réparé (réparable, il faut venir sur place)").first).to_be_visible()


def click_link(page: Page, name: str) -> None:
    """Follow the link that says so."""
    page.get_by_role("link", name=name, exact=True).click()


def comes(page: Page, so, seconds: int = 30) -> None:  # noqa: ANN001
    """Look again, as a customer who is told to, until it is so."""
    for _try in range(seconds):
        if so():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError("it did not come")


def fits(page: Page) -> bool:
    """Whether both answers are seen without scrolling."""
    boxes = [page.locator(".answer").nth(n).bounding_box() for n in range(2)]
    height = (page.viewport_size or LAPTOP)["height"]
    return all(box is not None and box["y"] + box["height"] <= height for box in boxes)
