"""The life of a case with parts, in real browsers: accepted in the call, fitted in a second visit; a written estimate
refused; a customer who is gone before they answer."""

import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE, Chromium, Served, Visit
from .people import click, colleague, customer, sees
from .test_repair_outcome import conclude, in_call, propose_from_the_desk

PATIENT = 30_000  # ms


def write_a_part(karim: Page, name: str, price: str) -> None:
    """In the dialog that ends a call, without sending it."""
    click(karim, "Conclure l’appel")
    dialog = karim.locator("#conclude")
    dialog.locator("summary").filter(has_text=re.compile(r"^\s*Il faut une pièce")).click()
    dialog.locator("details[open] [name=name]").fill(name)
    dialog.locator("details[open] [name=price]").fill(price)


def give_address(marie: Page) -> None:
    """Where the part goes."""
    marie.locator("[name=street]").fill("118 montée de la Grande-Côte")
    marie.locator("[name=postcode]").fill("69001")
    marie.locator("[name=city]").fill("Lyon")


def hours_pass(served: Served, visit: Visit) -> str:
    """The second visit, just booked, begins now; answers its key."""
    start = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    times = [f"{moment:%Y-%m-%d %H:%M:%S.000000}" for moment in (start, start, start + timedelta(minutes=10))]
    second = "case_id = (SELECT id FROM 'case' WHERE key = ?) AND visit = 2"
    with closing(sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=PATIENT / 1000)) as base, base:
        base.execute(
            f"UPDATE appointment SET since = ?, start = ?, 'end' = ?, until = ? WHERE {second}",
            (*times, times[-1], visit.case_key),
        )
        key: str = base.execute(f"SELECT key FROM appointment WHERE {second}", (visit.case_key,)).fetchone()[0]
    return key


def test_a_part_is_accepted_in_the_call_and_fitted_in_a_second_one_for_one_fee(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    marie, karim = in_call(chromium, served, visit)
    write_a_part(karim, "Joint de hublot", "18,40")
    click(karim, "Proposer et continuer l’appel")

    card = marie.locator("#on-offer")
    expect(card.get_by_text("18,40").first).to_be_visible(timeout=PATIENT)
    card.get_by_role("button", name="Accepter la pièce").click()
    expect(card.get_by_text("Il manque le numéro et la rue.").first).to_be_visible(timeout=PATIENT)
    give_address(marie)
    card.get_by_role("button", name="Accepter la pièce").click()
    expect(card).to_be_hidden(timeout=PATIENT)
    expect(karim.locator("#on-offer").get_by_text("À commander")).to_be_visible(timeout=PATIENT)
    sees(marie, "blue", timeout=PATIENT)
    sees(karim, "red", timeout=PATIENT)

    click(karim, "Terminer l’appel, la suite avec la pièce")
    karim.wait_for_url("**/desk/cases/*")
    expect(karim.get_by_text("118 montée de la Grande-Côte").first).to_be_visible()
    karim.locator("summary").filter(has_text="Noter l’envoi").click()
    karim.locator("[name=tracking]").fill("https://suivi.example/8R123")
    click(karim, "C’est parti")

    marie.goto(f"{served.url}{visit.case_path}")
    click(marie, "J’ai bien reçu la pièce")
    expect(marie.get_by_text("ne coûte rien").first).to_be_visible()
    marie.locator("button.slot").first.click()
    expect(marie.get_by_text("0\u00a0€\u00a0: cet appel est compris.")).to_be_visible()
    marie.close()
    again = Visit(key=hours_pass(served, visit), case_path=visit.case_path, case_key=visit.case_key)
    marie, karim = customer(chromium, served, again), colleague(chromium, served, again, "repairer")
    sees(marie, "blue", timeout=PATIENT)
    conclude(karim, "Réparé", "Proposer « Réparé »", words="Joint remplacé.")
    marie.goto(f"{served.url}{visit.case_path}/answer")
    expect(marie.get_by_text("47,40").first).to_be_visible()
    marie.get_by_role("button", name="Oui, c’est réparé").click()
    marie.wait_for_url(f"**{visit.case_path}")
    karim.reload()
    expect(karim.get_by_text("répond Oui").first).to_be_visible()


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="in tests/long")
def test_an_estimate_is_refused_and_who_left_before_answering_answers_from_the_link(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    marie, karim = in_call(chromium, served, visit)
    write_a_part(karim, "Carte électronique", "189")
    click(karim, "Proposer cette pièce")
    karim.wait_for_url("**/desk/cases/*")
    marie.wait_for_url(re.compile(r"/case/[^/]+(/part)?$"))
    marie.goto(f"{served.url}{visit.case_path}/part")
    expect(marie.get_by_role("heading", name="Votre devis")).to_be_visible()
    expect(marie.get_by_role("button", name="commande avec obligation de paiement")).to_be_visible()
    marie.locator("summary").filter(has_text="Je n’en veux pas").click()
    marie.locator("[name=words]").fill("Trop cher pour cette machine.")
    click(marie, "Refuser le devis")
    expect(marie.get_by_role("heading", name="Votre dossier est entre nos mains")).to_be_visible()

    karim.reload()
    expect(karim.get_by_text("Trop cher pour cette machine.").first).to_be_visible()
    marie.close()  # gone before anything is proposed
    propose_from_the_desk(karim, "Non réparé", "La carte coûte plus que la machine.")
    later = chromium("red", PHONE)
    later.goto(f"{served.url}{visit.case_path}/answer")
    later.get_by_role("button", name="Oui, je suis d’accord").click()
    expect(later.get_by_role("heading", name="Vous n’avez rien à payer")).to_be_visible()
