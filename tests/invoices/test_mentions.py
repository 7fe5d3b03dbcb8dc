from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shopvisio.invoices import Address, Buyer, Facts, Kind, Line, lacking
from shopvisio.invoices.mentions import wanting

from .sample_papers import CUSTOMER, FEE, NOT_REPAIRED, REPAIRED, SHOP, SMALL_SHOP


def test_a_complete_shop_lacks_nothing() -> None:
    assert lacking(SHOP) == {}
    assert lacking(SMALL_SHOP) == {}


@pytest.mark.parametrize("mention", ["name", "legal_form", "siret", "register", "vat_id", "mediator"])
def test_each_blank_mention_is_named(mention: str) -> None:
    blank: dict[str, Any] = {mention: "  "}
    assert list(lacking(replace(SHOP, **blank))) == [mention]


@pytest.mark.parametrize("part", ["street", "postcode", "town"])
def test_each_blank_part_of_the_address_is_named(part: str) -> None:
    blank: dict[str, Any] = {part: ""}
    assert list(lacking(replace(SHOP, address=replace(SHOP.address, **blank)))) == [part]


def test_an_exempt_shop_needs_its_legal_sentence_and_no_vat_number() -> None:
    assert list(lacking(replace(SMALL_SHOP, vat_text=""))) == ["vat_text"]


@pytest.mark.parametrize(("mention", "value"), [
    ("siret", "912 345 675 00018"), ("siret", "91234567500017x"), ("siret", "912345675"),
    ("vat_id", "FR66912345675"), ("iban", "FR7630004000031234567890144"), ("iban", "FR00123"),
    ("colour", "teal"), ("colour", "#0f5c6"), ("colour", "#0f5c66;}"),
    ("logo", "https://cdn.example/logo.png"), ("logo", "file:///etc/passwd"),
    ("logo", "data:image/svg+xml;base64,PHN2Zz4="), ("logo", "data:image/png;base64," + "A" * 200_000),
])
def test_a_mention_that_cannot_be_true_is_named(mention: str, value: str) -> None:
    wrong: dict[str, Any] = {mention: value}
    assert list(lacking(replace(SHOP, **wrong))) == [mention]


def test_a_shop_may_do_without_iban_insurance_and_logo() -> None:
    assert lacking(replace(SHOP, iban="", insurance="", logo="")) == {}


@pytest.mark.parametrize(("facts", "place"), [
    (replace(REPAIRED, buyer=Buyer(" ")), "buyer.name"),
    (replace(REPAIRED, buyer=replace(CUSTOMER, siren="912345674")), "buyer.siren"),
    (replace(REPAIRED, service=""), "service"),
    (replace(REPAIRED, visits=()), "visits"),
    (replace(REPAIRED, lines=()), "lines"),
    (replace(REPAIRED, lines=(Line("Forfait", 0, 2000),)), "lines"),
    (replace(REPAIRED, lines=(Line("", 2900, 2000),)), "lines"),
    (replace(REPAIRED, lines=(FEE, Line("Remise", -100, 2000))), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, quantity=0),)), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, rate=1960),)), "lines"),
    (replace(REPAIRED, paid=4191), "paid"),
])
def test_an_invoice_needs_its_facts(facts: Facts, place: str) -> None:
    assert list(wanting(Kind.INVOICE, facts)) == [place]


def test_a_note_needs_a_conclusion_and_bears_no_price() -> None:
    assert wanting(Kind.NO_CHARGE_NOTE, NOT_REPAIRED) == {}
    assert list(wanting(Kind.NO_CHARGE_NOTE, replace(NOT_REPAIRED, report=None))) == ["report"]
    assert list(wanting(Kind.NO_CHARGE_NOTE, replace(NOT_REPAIRED, lines=(FEE,)))) == ["lines"]


def test_a_person_may_be_billed_without_an_address() -> None:
    facts = replace(REPAIRED, buyer=Buyer("Marie Roux", Address()), due_on=date(2026, 12, 9))
    assert wanting(Kind.INVOICE, facts) == {}
