"""The pages the law wants in sight: public, versioned, the owner's to word, the version accepted kept with the case."""

import re

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import legal, settings
from shopvisio.db import db, writing
from shopvisio.legal import Version

FACTS = {
    "prices": ("29\u00a0€ si réparé", "0\u00a0€ sinon", "Déplacement", "Taux horaire", "Devis"),
    "notice": ("SARL au capital de 8 000 €", "14 rue des Canuts, 69004 Lyon", "91234567500009", "FR65912345675"),
    "terms": ("Un forfait de 29\u00a0€", "72 heures", "14 jours", 'href="/legal/mediator"'),
    "privacy": ("bonjour@atelier-lumiere.example", "dix ans", "CNIL"),
    "mediator": ("Médiation Démonstration",),
}
TERMS = "/desk/legal/terms/fr"
FAULT = {"device": "Réservoir de WC", "symptom": "L’eau coule en continu."}
PERSON = {"name": "Marie Delaunay", "email": "marie@exemple.example", "phone": "06 39 98 27 50"}


def book_a_repair(client: FlaskClient) -> str:
    """Booked through the pages; answers the customer's own."""
    draft = client.post("/book/1", data={"start": TUESDAY_10.isoformat()}).location.removesuffix("/fault")
    client.post(f"{draft}/fault", data=FAULT)
    client.post(f"{draft}/safety", data={"danger": "nothing"})
    return client.post(f"{draft}/person", data=PERSON | {"terms": "y", "immediate": "y"}).location


@pytest.mark.parametrize("name", FACTS)
def test_a_legal_page_says_what_the_settings_say(stranger: FlaskClient, name: str) -> None:
    page = stranger.get(f"/legal/{name}")
    assert page.status_code == 200
    for fact in FACTS[name]:
        assert fact in page.text
    assert "À vérifier" in page.text
    assert "Version du 23 novembre 2026" in page.text


@pytest.mark.parametrize("name", FACTS)
def test_it_is_there_in_english(stranger: FlaskClient, name: str) -> None:
    page = stranger.get(f"/legal/{name}?lang=en").text
    assert '<html lang="en">' in page
    assert "To be checked" in page
    assert "Version of 23 November 2026" in page


def test_every_page_links_to_all_of_them(stranger: FlaskClient) -> None:
    page = stranger.get("/").text
    assert all(f'href="/legal/{name}"' in page for name in FACTS)


def test_without_vat_the_prices_carry_the_mention(open_app: Flask, stranger: FlaskClient) -> None:
    with open_app.app_context(), writing():
        settings.put({"vat_regime": "franchise"}, "tests", NOW)
    assert "TVA non applicable" in stranger.get("/legal/prices").text


def test_there_is_no_other_legal_page(stranger: FlaskClient) -> None:
    for name in ("nothing", "page", "immediate", "..%2fcustomer%2fcase", "terms/1", "terms/99999999999"):
        assert stranger.get(f"/legal/{name}").status_code == 404


def test_a_price_that_changes_leaves_the_version_before_readable(
    owner_client: FlaskClient, stranger: FlaskClient, open_app: Flask, clock_: Clock
) -> None:
    with open_app.app_context(), writing():
        legal.keep(clock_.now)
    clock_.pass_(days=3)
    with open_app.app_context():
        kept = {n: one.show(settings.get(n)) for n, one in settings.SETTINGS.items() if one.group == "repair"}
    assert owner_client.post("/desk/settings/repair", data=kept | {"fee": "35"}).status_code == 303
    now = stranger.get("/legal/terms").text
    assert "35\u00a0€" in now
    assert "Version du 26 novembre 2026" in now
    before = re.search(r'href="(/legal/terms/\d+)"', now)
    assert before
    page = stranger.get(before[1]).text
    assert "29\u00a0€" in page
    assert "En vigueur du 23 novembre 2026 au 26 novembre 2026" in page


def test_the_owner_says_it_in_their_own_words(owner_client: FlaskClient, stranger: FlaskClient) -> None:
    answer = owner_client.post(TERMS, data={"wording": "## Chez nous\n\nUn forfait, **{fee}**.\n\n- un\n- deux"})
    assert answer.status_code == 303
    page = stranger.get("/legal/terms").text
    assert "<h2>Chez nous</h2>" in page
    assert "<strong>29\u00a0€</strong>" in page
    assert "<li>deux</li>" in page
    assert "À vérifier" not in page
    assert "Ce texte n’existe qu’en" not in page
    assert "Chez nous" in stranger.get("/legal/terms?lang=en").text


def test_what_is_typed_into_a_text_never_runs(owner_client: FlaskClient, stranger: FlaskClient) -> None:
    evil = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![y](https://spy.example/y.png)"
    owner_client.post(TERMS, data={"wording": evil})
    text = stranger.get("/legal/terms").text.partition('<div class="text"')[2].partition("</div>")[0]
    assert "<script" not in text
    assert "<img" not in text
    assert 'href="javascript' not in text


def test_a_word_nobody_knows_comes_back_with_what_was_typed(owner_client: FlaskClient, open_app: Flask) -> None:
    page = owner_client.post(TERMS, data={"wording": "Pour {prix}."})
    assert page.status_code == 422
    assert "Pour {prix}." in page.text
    assert "Rien ne s’appelle {prix}" in page.text
    with open_app.app_context():
        assert db.session.query(Version).count() == 0


def test_the_owner_confirms_what_they_have_read(owner_client: FlaskClient, stranger: FlaskClient) -> None:
    assert "6 textes sont à relire" in owner_client.get("/desk/legal").text
    digest = re.search(r'name="digest" value="(\w+)"', owner_client.get(TERMS).text)
    assert digest
    assert owner_client.post(f"{TERMS}/confirm", data={"digest": digest[1]}).status_code == 303
    assert "5 textes sont à relire" in owner_client.get("/desk/legal").text
    assert "À vérifier" not in stranger.get("/legal/terms").text
    assert owner_client.post(f"{TERMS}/confirm", data={"digest": "another"}).status_code == 409


def test_the_starting_text_is_one_tap_away(owner_client: FlaskClient, stranger: FlaskClient) -> None:
    owner_client.post(TERMS, data={"wording": "Chez nous."})
    owner_client.post(f"{TERMS}/start")
    assert "Un forfait de 29" in stranger.get("/legal/terms").text


def test_a_repairer_changes_no_legal_text(repairer_client: FlaskClient) -> None:
    assert repairer_client.get("/desk/legal").status_code == 403
    assert repairer_client.post(TERMS, data={"wording": "x"}).status_code == 403


def test_the_customer_finds_again_what_they_accepted_whatever_changed_since(
    stranger: FlaskClient, owner_client: FlaskClient, clock_: Clock
) -> None:
    case = book_a_repair(stranger)
    clock_.pass_(days=1)
    owner_client.post(TERMS, data={"wording": "Tout autre chose."})
    accepted = re.search(r'href="(/legal/terms/\d+)"', stranger.get(case).text)
    assert accepted
    page = stranger.get(accepted[1]).text
    assert "Un forfait de 29" in page
    assert "version ancienne" in page
    assert re.search(r'<link rel="canonical" href="http://[^/]+/legal/terms">', page)  # a search leads to today's
    request = re.search(r'href="(/legal/immediate/\d+)"', stranger.get(case).text)
    assert request
    assert "droit de rétractation" in stranger.get(request[1]).text
