"""What other people's programs say of our XML: the schema, EN 16931, and the French rules between businesses."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from shopvisio.invoices import Corrected, Kind, Snapshot
from shopvisio.invoices.facturx import xml
from shopvisio.invoices.totals import Amount, total

from .family import BAKERY, NOTES, snapshots
from .sample_papers import FEE, NOW, PART, REPAIRED, SMALL_SHOP

LONG = bool(os.environ.get("SHOPVISIO_LONG"))
Judge = Callable[[bytes], list[str]]


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """The judge's process: it is started once, for it is slow to come."""
    process = subprocess.Popen([sys.executable, "-m", "tests.invoices.judge"], stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdin
    assert process.stdout
    come, told = process.stdout, process.stdin
    assert come.readline() == "ready\n"

    def judged(document: bytes) -> list[str]:
        print(base64.b64encode(document).decode(), file=told, flush=True)
        found: list[str] = json.loads(come.readline())
        return found

    yield judged
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


@pytest.mark.long
@settings(max_examples=400 if LONG else 25, deadline=None, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large))
@given(snapshots())
def test_every_paper_of_the_family_pleases_every_judge(judge: Judge, paper: Snapshot) -> None:
    assert judge(xml(paper)) == []


def between_businesses(kind: Kind = Kind.INVOICE, **changed: object) -> Snapshot:
    told = replace(REPAIRED, buyer=BAKERY, notes=NOTES, **changed)   # type: ignore[arg-type]
    totals = total([Amount(line.gross, 0 if told.seller.franchise else line.rate) for line in told.lines])
    corrects = Corrected("F2026-000041", NOW, "Pièce renvoyée.", (0, 1)) if kind is Kind.CREDIT_NOTE else None
    return Snapshot("F2026-000042", kind, NOW, told, totals, corrects)


@pytest.mark.parametrize("changed", [
    {}, {"seller": SMALL_SHOP}, {"lines": (replace(FEE, discount=500), replace(PART, rate=550))},
    {"paid": 4190, "paid_how": "carte", "due_on": NOW.date()},
])
def test_what_businesses_are_billed_pleases_them_too(judge: Judge, changed: dict[str, object]) -> None:
    assert judge(xml(between_businesses(**changed))) == []   # type: ignore[arg-type]


def credit_note() -> bytes:
    return xml(between_businesses(Kind.CREDIT_NOTE, due_on=NOW.date()))


def address_of(siren: bytes) -> bytes:
    """How a platform finds a business."""
    return b'<ram:URIUniversalCommunication><ram:URIID schemeID="0225">%s</ram:URIID></ram:URIUniversalCommunication>' \
        % siren


@pytest.mark.parametrize(("was", "becomes", "rule"), [
    (b"<ram:GrandTotalAmount>41.90", b"<ram:GrandTotalAmount>41.91", "BR-CO-15"),
    (b"<ram:DuePayableAmount>41.90", b"<ram:DuePayableAmount>40.90", "BR-CO-16"),
    (b">6.98</ram:TaxTotalAmount>", b">10.31</ram:TaxTotalAmount>", "BR-CO-14"),
    (b"<ram:LineTotalAmount>24.17", b"<ram:LineTotalAmount>25.17", "BR-CO-10"),
    (b"<ram:InvoiceCurrencyCode>EUR", b"<ram:InvoiceCurrencyCode>EUX", "FX-SCH-A-000595"),
    (b'unitCode="C62"', b'unitCode="ZZZ9"', "FX-SCH"),
    (b"<ram:CountryID>FR</ram:CountryID>", b"", "XSD"),
    (b"<ram:TypeCode>380", b"<ram:TypeCode>999", "EN 16931"),
    (b"<ram:ID>F2026-000042", b"<ram:ID>F2026-000042-" + 24 * b"0", "BR-FR-01"),
    (b"<ram:ID>F2026-000042", b"<ram:ID>F2026 000042", "BR-FR-02"),
    (b'format="102">2026', b'format="102">1999', "BR-FR-03"),
    (b"<ram:TypeCode>380", b"<ram:TypeCode>325", "BR-FR-04"),
    (b"<ram:SubjectCode>PMT", b"<ram:SubjectCode>PMD", "BR-FR-05"),
    (b"<ram:SubjectCode>PMD", b"<ram:SubjectCode>AAI", "BR-FR-05"),
    (b"<ram:SubjectCode>AAB", b"<ram:SubjectCode>AAI", "BR-FR-05"),
    (b"<ram:SubjectCode>AAB", b"<ram:SubjectCode>PMT", "BR-FR-06"),
    (b"<ram:ID>M1</ram:ID>", b"<ram:ID>M3</ram:ID>", "BR-FR-08"),
    (b'schemeID="0002">912345675', b'schemeID="0002">91234567', "BR-FR-10"),
    (address_of(b"552100554"), b"", "BR-FR-12"),
    (address_of(b"912345675"), b"", "BR-FR-13"),
    (b"<ram:CategoryCode>S", b"<ram:CategoryCode>L", "BR-FR-15"),
    (b"<ram:RateApplicablePercent>20<", b"<ram:RateApplicablePercent>19<", "BR-FR-16"),
    (b'schemeID="0225">552100554', b'schemeID="0225">552 100 554', "BR-FR-23"),
    (b'schemeID="0002">552100554', b'schemeID="0002">5521005540', "BR-FR-32"),
    (b">20261209<", b">20261101<", "BR-FR-CO-07"),
    (b"<ram:ID>M1</ram:ID>", b"<ram:ID>M2</ram:ID>", "BR-FR-CO-09"),
])
def test_a_paper_that_is_wrong_is_found_out(judge: Judge, was: bytes, becomes: bytes, rule: str) -> None:
    paper = xml(between_businesses())
    assert was in paper
    assert any(rule in broken for broken in judge(paper.replace(was, becomes))), judge(paper.replace(was, becomes))


def test_a_credit_note_that_names_no_invoice_is_found_out(judge: Judge) -> None:
    paper = credit_note()
    assert judge(paper) == []
    for missing in (b"ram:InvoiceReferencedDocument", b"ram:FormattedIssueDateTime"):   # its number, or its date alone
        start, end = paper.index(b"<" + missing), paper.index(b"</" + missing + b">")
        orphan = paper[:start] + paper[end + len(missing) + 3:]
        assert any("BR-FR-CO-05" in broken for broken in judge(orphan))
