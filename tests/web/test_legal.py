"""The pages the law wants in sight say what the settings say."""

import pytest
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import settings
from shopvisio.db import writing

FACTS = {
    "prices": ("29\u00a0€ si réparé", "0\u00a0€ sinon"),
    "notice": ("SARL au capital de 8 000 €", "14 rue des Canuts, 69004 Lyon", "91234567500009", "FR65912345675"),
    "terms": ("Un forfait de 29\u00a0€", "72 heures", "14 jours"),
    "privacy": ("bonjour@atelier-lumiere.example", "dix ans"),
    "mediator": ("Médiation Démonstration",),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_legal_page_says_what_the_settings_say(stranger: FlaskClient, name: str) -> None:
    page = stranger.get(f"/legal/{name}")
    assert page.status_code == 200
    for fact in FACTS[name]:
        assert fact in page.text
    assert "à faire vérifier" in page.text


def test_every_page_links_to_all_of_them(stranger: FlaskClient) -> None:
    page = stranger.get("/").text
    assert all(f'href="/legal/{name}"' in page for name in FACTS)


def test_without_vat_the_prices_carry_the_mention(open_app: Flask, stranger: FlaskClient) -> None:
    with open_app.app_context(), writing():
        settings.put({"vat_regime": "franchise"}, "tests", NOW)
    assert "TVA non applicable" in stranger.get("/legal/prices").text


def test_there_is_no_other_legal_page(stranger: FlaskClient) -> None:
    for name in ("nothing", "page", "..%2fcustomer%2fcase"):
        assert stranger.get(f"/legal/{name}").status_code == 404
