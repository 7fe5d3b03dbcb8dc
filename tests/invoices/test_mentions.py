from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shopvisio.errors import Invalid
from shopvisio.invoices import Address, Buyer, Facts, Kind, Line, count, lacking
from shopvisio.invoices.mentions import wanting

from .conftest import Seal
from .family import BAKERY, NOTES
from .sample_papers import FEE, NOT_REPAIRED, PART, REPAIRED, SHOP, SMALL_SHOP


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
    (replace(REPAIRED, service=""), "service"),
    (replace(REPAIRED, visits=()), "visits"),
    (replace(REPAIRED, lines=()), "lines"),
    (replace(REPAIRED, lines=(Line("Forfait", 0, 2000),)), "lines"),
    (replace(REPAIRED, lines=(Line("", 2900, 2000),)), "lines"),
    (replace(REPAIRED, lines=(FEE, Line("Remise", -100, 2000))), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, quantity=0),)), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, rate=1960),)), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, discount=2901), PART)), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, discount=2900),)), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, discount=-1),)), "lines"),
    (replace(REPAIRED, lines=(replace(FEE, discount=100),), paid=2801), "paid"),
    (replace(REPAIRED, paid=4191), "paid"),
])
def test_an_invoice_needs_its_facts(facts: Facts, place: str) -> None:
    assert list(wanting(Kind.INVOICE, facts)) == [place]


B2B = replace(REPAIRED, buyer=BAKERY, notes=NOTES)


@pytest.mark.parametrize(("facts", "place"), [
    (replace(B2B, buyer=replace(BAKERY, siren="552 100 555")), "buyer.siren"),
    (replace(B2B, buyer=replace(BAKERY, vat_id="FR 00552100554")), "buyer.vat_id"),
    (replace(B2B, buyer=replace(BAKERY, vat_id=""), lines=(replace(FEE, price=18001),)), "buyer.vat_id"),
    (replace(B2B, buyer=replace(BAKERY, address=replace(BAKERY.address, street=""))), "buyer.street"),
    (replace(B2B, buyer=replace(BAKERY, address=replace(BAKERY.address, postcode=""))), "buyer.postcode"),
    (replace(B2B, buyer=replace(BAKERY, address=replace(BAKERY.address, town=" "))), "buyer.town"),
    (replace(B2B, due_on=None), "due_on"),
    (replace(B2B, notes=NOTES[1:]), "PMT"),
    (replace(B2B, notes=NOTES[::2]), "PMD"),
    (replace(B2B, notes=(*NOTES[:2], replace(NOTES[2], text=" "))), "AAB"),
])
def test_a_business_is_told_more(facts: Facts, place: str) -> None:
    assert wanting(Kind.INVOICE, B2B) == {}
    assert list(wanting(Kind.INVOICE, facts)) == [place]


def test_a_small_bill_to_a_business_needs_no_vat_number() -> None:
    assert wanting(Kind.INVOICE, replace(B2B, buyer=replace(BAKERY, vat_id=""))) == {}


MENTIONS = ("name", "legal_form", "siret", "register", "vat_id", "mediator", "address.street", "address.postcode",
            "address.town")


@pytest.mark.parametrize("mention", MENTIONS)
def test_a_paper_without_a_mention_is_refused_by_its_name_and_no_number_is_used(seal: Seal, mention: str) -> None:
    part, _dot, name = mention.rpartition(".")
    blank: dict[str, Any] = {name: ""}
    seller = replace(SHOP, address=replace(SHOP.address, **blank)) if part else replace(SHOP, **blank)
    for kind, facts in ((Kind.INVOICE, REPAIRED), (Kind.NO_CHARGE_NOTE, NOT_REPAIRED)):
        with pytest.raises(Invalid) as refused:
            seal(kind, replace(facts, seller=seller))
        assert list(refused.value.fields) == [name]
    assert count() == 0
    assert (seal().number, seal(Kind.NO_CHARGE_NOTE, NOT_REPAIRED).number) == ("F2026-000001", "R2026-000001")


def test_a_note_needs_a_conclusion_and_bears_no_price() -> None:
    assert wanting(Kind.NO_CHARGE_NOTE, NOT_REPAIRED) == {}
    assert list(wanting(Kind.NO_CHARGE_NOTE, replace(NOT_REPAIRED, report=None))) == ["report"]
    assert list(wanting(Kind.NO_CHARGE_NOTE, replace(NOT_REPAIRED, lines=(FEE,)))) == ["lines"]


def test_a_person_may_be_billed_without_an_address() -> None:
    facts = replace(REPAIRED, buyer=Buyer("Marie Roux", Address()), due_on=date(2026, 12, 9))
    assert wanting(Kind.INVOICE, facts) == {}
