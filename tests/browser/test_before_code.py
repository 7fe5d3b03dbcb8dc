"""Somebody on the telephone is dictated six signs, and is in the call."""

from playwright.sync_api import expect

from .conftest import PHONE, Chromium, Served
from .people import click, sees, sign_in


def test_a_dictated_code_leads_into_the_call_after_a_slip(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    karim = chromium("blue")
    sign_in(karim, served, visit, "repairer")
    karim.goto(f"{served.url}/desk/cases/{visit.case_key}")
    code = karim.locator("aside .dictated").inner_text()
    marie = chromium("red", PHONE)
    marie.goto(f"{served.url}/call")
    marie.get_by_label("On vous dicte un code").fill("ZZZ ZZZ")
    click(marie, "Entrer avec ce code")
    expect(marie.get_by_text("Ce code n’ouvre rien pour l’instant")).to_be_visible()
    marie.get_by_label("On vous dicte un code").fill(code.lower())
    click(marie, "Entrer avec ce code")
    click(marie, "Entrer")
    karim.goto(f"{served.url}/desk/appointments/{visit.key}/call")
    click(karim, "Rejoindre l’appel")
    sees(karim, "red")
