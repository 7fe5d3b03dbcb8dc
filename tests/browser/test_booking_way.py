"""The whole booking in real browsers: by keyboard alone, and without JavaScript."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from .conftest import PHONE, Chromium, Served


def tab_to(page: Page, name: str, turns: int = 400) -> None:
    """Press Tab until the focus stands on what a screen reader calls ``name``."""
    for _turn in range(turns):
        page.keyboard.press("Tab")
        target = page.locator(":focus")
        if target.count() and re.search(name, _name(page)):
            return
    raise AssertionError(f"the keyboard never comes to {name!r}")


def _name(page: Page) -> str:
    """What the focused element is called, by label or text."""
    said: str = page.evaluate(
        """() => {
          const at = document.activeElement;
          return at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent ?? "";
        }"""
    )
    return " ".join(said.split())


def test_a_repair_is_booked_by_keyboard_alone(served: Served, chromium: Chromium) -> None:
    page = chromium("none", PHONE)
    page.goto(served.url)
    tab_to(page, "Choisir un horaire de réparation")
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/*")
    tab_to(page, r"^\w+ \d+\w* \w+, \d+\s?h")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fault")
    for label, text in (("Quel appareil", "Lave-linge"), ("Que se passe-t-il", "Un bruit sourd.")):
        tab_to(page, label)
        page.keyboard.type(text)
    tab_to(page, "^Continuer$")
    page.keyboard.press("Enter")
    page.wait_for_url("**/safety")
    tab_to(page, "^Du courant")
    page.keyboard.press("Space")
    tab_to(page, "^Continuer$")
    page.keyboard.press("Enter")
    page.wait_for_url("**/first")
    tab_to(page, "Le courant est coupé")
    page.keyboard.press("Space")
    tab_to(page, "^Continuer$")
    page.keyboard.press("Enter")
    page.wait_for_url("**/person")
    answers = (
        ("Votre nom", "Louise Clavier"),
        ("adresse e-mail", "louise@exemple.example"),
        ("téléphone", "06 39 98 20 01"),
    )
    for label, text in answers:
        tab_to(page, label)
        page.keyboard.type(text)
    for label in ("J’ai lu les", "Je demande que la réparation"):
        tab_to(page, label)
        page.keyboard.press("Space")
    tab_to(page, "^Réserver")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="C’est réservé")).to_be_visible()


def test_a_repair_is_booked_without_javascript(served: Served, browsers: Callable[[str], Browser]) -> None:
    """With a mail server set, the time is held until the mail's link is confirmed by its button."""
    _set_mail(served, "localhost")
    try:
        context = browsers("none").new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            locale="fr-FR",
            ignore_https_errors=True,
            java_script_enabled=False,
        )
        page = context.new_page()
        _book_without_script(page, served)
        expect(page.get_by_role("heading", name="ouvrez votre e-mail")).to_be_visible()
        page.goto(_link_in_the_mail(page, served))
        page.get_by_role("button", name=re.compile("^Réserver")).click()
        expect(page.get_by_role("status").filter(has_text="C’est réservé")).to_be_visible()
        context.close()
    finally:
        _set_mail(served, "")


def test_a_page_that_works_for_it_books_at_once(served: Served, chromium: Chromium) -> None:
    _set_mail(served, "localhost")
    try:
        page = chromium("none", PHONE)
        _book_without_script(page, served, "zoe@exemple.example", "06 39 98 20 03")
        expect(page.get_by_role("status").filter(has_text="C’est réservé")).to_be_visible()
    finally:
        _set_mail(served, "")


def _book_without_script(
    page: Page, served: Served, email: str = "nojs@exemple.example", phone: str = "06 39 98 20 02"
) -> None:
    page.goto(served.url)
    page.get_by_role("link", name="Choisir un horaire de réparation").click()
    page.locator("button.slot").nth(4).click()
    page.get_by_label("Quel appareil").fill("Lave-linge")
    page.get_by_label("Que se passe-t-il").fill("Un bruit sourd.")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Rien de tout cela").check()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Votre nom").fill("Ali Sansscript")
    page.get_by_label("Votre adresse e-mail").fill(email)
    page.get_by_label("Votre téléphone").fill(phone)
    page.get_by_label("J’ai lu les").check()
    page.get_by_label("Je demande que la réparation").check()
    page.get_by_role("button", name=re.compile("^Réserver")).click()


def _base(served: Served) -> sqlite3.Connection:
    return sqlite3.connect(Path(served.env["SHOPVISIO_DATA"]) / "shop.db", timeout=10)


def _set_mail(served: Served, host: str) -> None:
    """As the settings page would; nothing listens there, so nothing leaves."""
    with closing(_base(served)) as base, base:
        rows = (("smtp_host", f'"{host}"'), ("smtp_port", "9"), ("smtp_security", '"none"'))
        base.executemany("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", rows)


def _link_in_the_mail(page: Page, served: Served) -> str:
    for _look in range(100):
        with closing(_base(served)) as base, base:
            found = base.execute("SELECT text FROM mail WHERE name = 'hold' ORDER BY id DESC LIMIT 1").fetchone()
        if found:
            path = re.search(r"/confirm/\S+", found[0])
            assert path
            return served.url + path[0]
        page.wait_for_timeout(100)
    raise AssertionError("no mail was written")
