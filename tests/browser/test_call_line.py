"""The line of a call: what is written, who is there, cuts, restarts, a second tab, the end."""

import json
import os
import signal

import pytest
from playwright.sync_api import Page, expect

from .conftest import LAPTOP, Chromium, Served
from .people import click, colleague, customer, sees, until


def test_what_is_written_is_read_by_both_and_survives_a_reload(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    write(karim, "Voyez https://exemple.example/notice <b>bien</b>")
    marie.get_by_role("button", name="1 à lire Messages").click()
    talk = marie.get_by_role("log")
    expect(talk).to_contain_text("<b>bien</b>")
    expect(talk.get_by_role("link", name="https://exemple.example/notice")).to_have_attribute(
        "rel", "noopener noreferrer"
    )
    expect(marie.locator("[data-unread]")).to_be_hidden()
    write(marie, "C’est la molette bleue ?")
    expect(karim.get_by_role("log")).to_contain_text("C’est la molette bleue ?")
    karim.reload()
    expect(karim.get_by_role("log")).to_contain_text("C’est la molette bleue ?")
    expect(karim.get_by_role("log").locator("p")).to_have_count(2)


def test_a_product_is_shown_opens_in_a_new_tab_and_the_call_stays(served: Served, chromium: Chromium) -> None:
    visit = served.visit("sale")
    marie = customer(chromium, served, visit)
    nadia = colleague(chromium, served, visit, "seller")
    sees(marie, "blue")
    nadia.get_by_label("Nom, référence ou lien du produit").fill("cafetière")
    click(nadia, "Montrer Cafetière Lumio 12 tasses")
    expect(nadia.get_by_text("À l’écran", exact=True)).to_be_visible()
    card = marie.get_by_role("link", name="Voir ce produit")
    expect(card).to_have_attribute("href", "https://boutique.example/cafetiere")
    expect(marie.locator("#product")).to_contain_text("89,90")
    marie.context.route("https://boutique.example/**", lambda route: route.fulfill(body="the web shop"))
    with marie.context.expect_page() as tab:
        card.click()
    expect(tab.value.get_by_text("the web shop")).to_be_visible()
    assert tab.value.evaluate("window.opener") is None
    marie.bring_to_front()
    sees(marie, "blue")


def test_a_sale_ends_sold_without_a_paper(served: Served, chromium: Chromium) -> None:
    visit = served.visit("sale")
    marie = customer(chromium, served, visit)
    nadia = colleague(chromium, served, visit, "seller")
    sees(marie, "blue")
    click(nadia, "Conclure l’appel")
    nadia.get_by_role("button", name="Vendu").click()
    nadia.wait_for_url(f"**/desk/cases/{visit.case_key}")
    marie.wait_for_url(f"**{visit.case_path}")


def test_concluding_takes_the_customer_to_their_answer(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    click(karim, "Conclure l’appel")
    karim.get_by_text("Le client confirme, puis reçoit sa facture").click()
    karim.get_by_label("Ce qui a été fait").fill("Joint nettoyé.")
    click(karim, "Proposer « Réparé »")
    karim.wait_for_url(f"**/desk/cases/{visit.case_key}")
    marie.wait_for_url(f"**{visit.case_path}/answer")
    marie.goto(f"{served.url}{visit.case_path}/call")
    assert not marie.url.endswith("/call")  # that call is over


def test_the_newer_tab_has_the_call_and_the_older_is_told(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    tab = marie.context.new_page()
    tab.goto(marie.url)
    click(tab, "Entrer")
    expect(marie.get_by_role("heading", name="L’appel est ouvert sur une autre page")).to_be_visible()
    sees(tab, "blue")
    sees(karim, "red")
    click(marie, "Revenir dans l’appel")
    sees(marie, "blue")
    expect(tab.get_by_role("heading", name="L’appel est ouvert sur une autre page")).to_be_visible()


def test_a_second_colleague_is_told_who_is_in_the_call(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    colleague(chromium, served, visit, "repairer")
    claire = colleague(chromium, served, visit, "owner", camera="red")
    expect(claire.get_by_text("Karim Benali est déjà dans cet appel.")).to_be_visible()


def test_the_call_comes_back_by_itself_after_the_appliance_was_restarted(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    served.stop()
    expect(marie.locator("#room").get_by_text("La boutique redémarre son appareil")).to_be_visible()
    served.start()
    for page, colour in ((marie, "blue"), (karim, "red")):
        expect(page.locator("#room .notice")).to_be_hidden()
        assert moves(page)
        sees(page, colour)


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="test_call_weak.py holds its beginning in small")
def test_a_person_whose_line_goes_is_said_to_be_awaited_then_gone(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    marie.close()  # no word of farewell: a dead battery
    expect(karim.locator("#room .notice")).to_contain_text("est interrompue")
    expect(karim.locator("#theirs").get_by_text("a quitté l’appel")).to_be_visible(timeout=60_000)


def test_an_appliance_that_does_not_answer_is_said_truthfully(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    told = marie.locator("#room [role=status]:has(.notice)")  # on the page before anything is told: then it is read out
    assert told.evaluate("one => one.checkVisibility()")
    assert served.process is not None
    served.process.send_signal(signal.SIGSTOP)
    try:
        expect(marie.locator("#room .notice")).to_contain_text("Connexion interrompue")
    finally:
        served.process.send_signal(signal.SIGCONT)
    expect(marie.locator("#room .notice")).to_be_hidden()
    assert moves(karim)


def test_the_call_works_by_keyboard(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", LAPTOP)
    marie.goto(f"{served.url}{visit.case_path}/call")
    marie.get_by_role("button", name="Entrer", exact=True).focus()
    marie.keyboard.press("Enter")
    karim = colleague(chromium, served, visit, "repairer")
    sees(marie, "blue")
    reached = []
    for _key in range(14):
        marie.keyboard.press("Tab")
        reached.append(marie.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))
    assert {"Voir cette image en grand", "Couper mon micro", "Couper ma caméra", "Écrire un message"} <= set(reached)
    karim.get_by_role("button", name="Conclure l’appel").focus()
    karim.keyboard.press("Enter")
    expect(karim.get_by_role("dialog")).to_be_visible()
    karim.keyboard.press("Escape")
    expect(karim.get_by_role("dialog")).to_be_hidden()


def test_every_picture_of_the_call_has_its_words(served: Served, chromium: Chromium) -> None:
    """Each button that is seen has a name, on both sides."""
    visit = served.visit("sale")
    marie = customer(chromium, served, visit)
    nadia = colleague(chromium, served, visit, "seller")
    sees(marie, "blue")
    for page in (marie, nadia):
        nameless = page.evaluate(
            """[...document.querySelectorAll('button, a, input, textarea, summary')]
               .filter((one) => one.checkVisibility())
               .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length))
               .map((one) => one.outerHTML)"""
        )
        assert not nameless, json.dumps(nameless)


def write(page: Page, text: str) -> None:
    page.get_by_label("Écrire un message").fill(text)
    page.keyboard.press("Enter")


def moves(page: Page) -> bool:
    """Whether the other's picture goes on."""
    at = "document.querySelector('#theirs video').currentTime"
    before = page.evaluate(at)
    return until(page, lambda: page.evaluate(at) != before)
