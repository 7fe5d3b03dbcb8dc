"""The right to withdraw, in a real browser: on the first day, on the last, and on the day after."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import expect

from .conftest import PHONE, Chromium, Served, Visit

HERE = "Renoncer au contrat ici"


def booked(served: Served, visit: Visit, days: int) -> None:
    """The contract was made so many days ago."""
    made = datetime.now(UTC) - timedelta(days=days)
    with closing(sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=10)) as base, base:
        base.execute('UPDATE "case" SET created = ? WHERE key = ?', (f"{made:%Y-%m-%d %H:%M:%S.%f}", visit.case_key))


def test_the_link_stands_for_fourteen_days_and_withdrawing_takes_two_steps(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("none", PHONE)
    page = served.url + visit.case_path
    booked(served, visit, 15)
    marie.goto(page)
    expect(marie.get_by_role("link", name=HERE)).to_have_count(0)
    for days in (14, 0):
        booked(served, visit, days)
        marie.goto(page)
        expect(marie.locator("footer").get_by_role("link", name=HERE)).to_be_visible()
        marie.locator("main").get_by_role("link", name=HERE).click()
        expect(marie.get_by_role("heading", name="Renoncer au contrat")).to_be_visible()
        expect(marie.get_by_text("notifie à Atelier Lumière ma rétractation")).to_be_visible()
    marie.get_by_role("button", name="Confirmer la rétractation").click()
    expect(marie.get_by_role("heading", name="Vous avez renoncé au contrat")).to_be_visible()
    expect(marie.get_by_role("link", name=HERE)).to_have_count(0)
    marie.goto(served.url)  # a visitor without a link is led to it, too
    marie.get_by_role("link", name=HERE).click()
    marie.get_by_label("Le lien de votre dossier").fill("https://exemple.example/case/coupé")
    marie.get_by_role("button", name="Continuer").click()
    expect(marie.get_by_text("Ce lien n’est pas entier")).to_be_visible()
