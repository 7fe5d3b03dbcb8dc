from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopvisio.invoices import Corrected, Facts, Kind, Line, Snapshot
from shopvisio.invoices.facturx import unit, xml
from shopvisio.invoices.mentions import RATES
from shopvisio.invoices.totals import Amount, total

from .family import BAKERY, NOTES
from .sample_papers import CUSTOMER, FEE, NOW, PART, REPAIRED, SMALL_SHOP


def told(facts: Facts, kind: Kind = Kind.INVOICE, corrects: Corrected | None = None) -> ET.Element:
    amounts = [Amount(line.gross, 0 if facts.seller.franchise else line.rate) for line in facts.lines]
    return ET.fromstring(xml(Snapshot("F2026-000042", kind, NOW, facts, total(amounts), corrects)))


def texts(root: ET.Element, name: str) -> list[str | None]:
    """What every element of this name says, in order."""
    return [found.text for found in root.iter() if found.tag.endswith(f"}}{name}")]


def test_it_says_what_the_paper_says() -> None:
    root = told(REPAIRED)
    assert texts(root, "TypeCode")[0] == "380"
    assert texts(root, "LineTotalAmount") == ["24.17", "10.75", "34.92"]
    assert texts(root, "TaxTotalAmount") == ["6.98"]
    assert texts(root, "GrandTotalAmount") == ["41.90"]
    assert texts(root, "DuePayableAmount") == ["41.90"]
    assert texts(root, "IBANID") == ["FR7630004000031234567890143"]
    assert texts(root, "DateTimeString") == ["20261125", "20261125", "20261209"]
    assert texts(root, "PostcodeCode") == ["69001", "69001"]


def test_a_credit_note_names_the_number_and_the_date_of_its_invoice() -> None:
    root = told(REPAIRED, Kind.CREDIT_NOTE, Corrected("F2026-000041", NOW, "Facture établie deux fois."))
    assert texts(root, "TypeCode")[0] == "381"
    assert texts(root, "IssuerAssignedID") == ["F2026-000041"]
    assert texts(root, "DateTimeString")[-1] == "20261125"
    assert texts(root, "IBANID") == []


def test_an_exempt_shop_names_the_reason() -> None:
    root = told(replace(REPAIRED, seller=SMALL_SHOP))
    assert set(texts(root, "CategoryCode")) == {"E"}
    assert texts(root, "ExemptionReason") == ["TVA non applicable, art. 293 B du CGI"]
    assert texts(root, "ExemptionReasonCode") == ["VATEX-FR-FRANCHISE"]
    assert texts(root, "TradingBusinessName") == ["Karim répare"]


def test_a_business_is_named_by_its_numbers() -> None:
    root = told(replace(REPAIRED, buyer=replace(CUSTOMER, siren="552 100 554", vat_id="FR 96552100554")))
    ids = [found.text for found in root.iter() if found.get("schemeID") in ("0002", "VA")]
    assert ids == ["912345675", "FR65912345675", "552100554", "FR96552100554"]
    assert texts(root, "URIID") == ["912345675", "552100554"]
    assert texts(told(REPAIRED), "URIID") == texts(told(REPAIRED), "SubjectCode") == []
    assert texts(told(replace(REPAIRED, notes=NOTES)), "SubjectCode") == ["PMT", "PMD", "AAB"]


@pytest.mark.parametrize(("sold", "paid", "process"), [
    ((FEE,), 0, "S1"), ((PART,), 0, "B1"), ((FEE, PART), 0, "M1"), ((FEE,), 2900, "S2"),
])
def test_a_business_reads_what_kind_of_thing_it_bought(sold: tuple[Line, ...], paid: int, process: str) -> None:
    root = told(replace(REPAIRED, buyer=BAKERY, notes=NOTES, lines=sold, paid=paid))
    context = [found[0].text for found in root.iter() if "}BusinessProcessSpecified" in found.tag]
    assert context == [process]


def test_a_discount_stands_between_the_price_and_the_net() -> None:
    root = told(replace(REPAIRED, lines=(replace(FEE, discount=500),)))
    assert texts(root, "ChargeAmount") == ["24.17"]
    assert texts(root, "ActualAmount") == ["4.17"]
    assert texts(root, "LineTotalAmount") == ["20.00", "20.00"]


def test_what_is_paid_already_is_taken_off() -> None:
    root = told(replace(REPAIRED, paid=4190))
    assert texts(root, "TotalPrepaidAmount") == ["41.90"]
    assert texts(root, "DuePayableAmount") == ["0.00"]


@pytest.mark.parametrize(("net", "quantity", "price"), [
    (2417, 1, "24.17"), (7498, 3, "24.9933"), (4980, 2, "24.90"), (4999, 2, "24.995"), (1, 3, "0.0033"),
])
def test_the_price_of_one_has_the_decimals_it_needs(net: int, quantity: int, price: str) -> None:
    assert unit(net, quantity) == type(unit(net, quantity))(price)
    assert len(str(unit(net, quantity)).partition(".")[2]) >= 2


lines = st.lists(st.builds(Line, st.just("Pièce"), price=st.integers(1, 99_999), rate=st.sampled_from(RATES),
                           quantity=st.integers(1, 9)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(lines)
def test_its_sums_agree_with_each_other(sold: list[Line]) -> None:
    root = told(replace(REPAIRED, lines=tuple(sold)))

    def cents(name: str) -> list[int]:
        return [int((text or "").replace(".", "")) for text in texts(root, name)]

    *nets, whole = cents("LineTotalAmount")
    assert sum(nets) == whole == sum(cents("BasisAmount")) == cents("TaxBasisTotalAmount")[0]
    assert sum(cents("CalculatedAmount")) == cents("TaxTotalAmount")[0]
    assert whole + cents("TaxTotalAmount")[0] == cents("GrandTotalAmount")[0] == sum(
        line.quantity * line.price for line in sold)
