"""The papers as people and machines receive them: drawn by the child process, read back by other programs."""

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pikepdf
import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from shopvisio.db import writing
from shopvisio.errors import Unavailable
from shopvisio.invoices import Address, Buyer, Kind, Line, Paper, credit, draw, issue, make_pdf, self_test

from .family import BAKERY, NOTES
from .sample_papers import FEE, NOT_REPAIRED, NOW, PART, REPAIRED, SHOP, SMALL_SHOP, open_ledger

HOSTILE = """<b>O'Neil & "Fils"</b> ]]> <img src="file:///etc/passwd"> {{ 7 * 7 }} &amp;"""
LONG = replace(REPAIRED, lines=tuple(
    Line(f"Pièce numéro {place}", 990 + 37 * place, (2000, 1000, 550)[place % 3], quantity=1 + place % 3,
         detail="Une longue référence qui prend sa propre ligne" if place % 2 else "") for place in range(1, 41)))
NB = "\u00a0"


@dataclass(frozen=True)
class Drawn:
    """A paper's snapshot and its PDF."""

    snapshot: str
    pdf: bytes

    @property
    def reader(self) -> PdfReader:
        return PdfReader(io.BytesIO(self.pdf))

    @property
    def text(self) -> str:
        """The words line by line as they stand on the page, each run of blanks one space."""
        return _pdftotext(self.pdf, "-layout")

    @property
    def read_aloud(self) -> str:
        """The words block by block, as a screen reader meets them."""
        return _pdftotext(self.pdf)

    @property
    def figures(self) -> list[str]:
        """What stands for each picture, in words."""
        return [str(tag["/Alt"]).replace(NB, " ") for tag in _tags(self.reader.trailer["/Root"]["/StructTreeRoot"])
                if tag.get("/S") == "/Figure"]

    @property
    def xml(self) -> bytes:
        return self.reader.attachments["factur-x.xml"][0]


def _pdftotext(pdf: bytes, *how: str) -> str:
    done = subprocess.run(["pdftotext", *how, "-", "-"], input=pdf, capture_output=True, check=True, timeout=20)
    return " ".join(done.stdout.decode().split())   # no-break spaces are blanks too


def _tags(tag: Any) -> Iterator[DictionaryObject]:
    tag = tag.get_object()
    if isinstance(tag, DictionaryObject):
        yield tag
    children = tag.get("/K", []) if isinstance(tag, DictionaryObject) else tag if isinstance(tag, list) else []
    for child in children if isinstance(children, list) else [children]:
        yield from _tags(child)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drawn]:
    """Each kind of paper once."""
    with open_ledger(tmp_path_factory.mktemp("ledger")):
        with writing():
            papers = {
                "invoice": issue(Kind.INVOICE, REPAIRED, 104, NOW),
                "note": issue(Kind.NO_CHARGE_NOTE, NOT_REPAIRED, 121, NOW),
                "paid": issue(Kind.INVOICE, replace(REPAIRED, lines=(FEE,), paid=2900, paid_how="carte"), 1, NOW),
                "exempt": issue(Kind.INVOICE, replace(REPAIRED, seller=SMALL_SHOP), 1, NOW),
                "long": issue(Kind.INVOICE, LONG, 1, NOW),
                "hostile": issue(Kind.INVOICE, replace(
                    REPAIRED, seller=replace(SHOP, tagline=HOSTILE), buyer=Buyer(HOSTILE, Address(HOSTILE)),
                    lines=(replace(FEE, label=HOSTILE),), service=HOSTILE, texts=(HOSTILE,)), 1, NOW),
                "business": issue(Kind.INVOICE, replace(
                    REPAIRED, buyer=replace(BAKERY, deliver_to=Address("1 rue Neuve", "69002", "Lyon")), notes=NOTES,
                    lines=(replace(FEE, discount=500), replace(PART, rate=550))), 1, NOW),
            }
            abroad = replace(SHOP, logo=_logo(), tagline="Électroménager, plomberie et petites réparations")
            papers["english"] = issue(Kind.INVOICE, replace(REPAIRED, seller=abroad, language="en"), 1, NOW)
            papers["english note"] = issue(
                Kind.NO_CHARGE_NOTE, replace(NOT_REPAIRED, seller=abroad, language="en"), 1, NOW)
            papers["specimen"] = issue(Kind.INVOICE, replace(REPAIRED, test=True), 1, NOW)
            papers["part"] = credit(papers["business"], NOW + timedelta(days=2), "Pièce renvoyée.", {1: 1290})
            papers["credit"] = credit(papers["invoice"], NOW + timedelta(days=2), "Facture établie deux fois.")
        return {name: _draw(paper) for name, paper in papers.items()}


def _logo() -> str:
    """As tall as one may be."""
    made = io.BytesIO()
    Image.new("RGB", (300, 300), "#b3261e").save(made, "PNG")
    return f"data:image/png;base64,{base64.b64encode(made.getvalue()).decode()}"


def _draw(paper: Paper) -> Drawn:
    return Drawn(paper.snapshot, make_pdf(paper.snapshot, seconds=60))


def test_an_invoice_says_what_the_law_wants(drawn: dict[str, Drawn]) -> None:
    text = drawn["invoice"].text + drawn["invoice"].read_aloud
    for mention in (
        "Facture", "F2026-000001", "25 novembre 2026", "D2026-0104", "Marie-Antoinette Delaunay-Charpentier",
        "69001 Lyon", "Les 18 et 25 novembre 2026, à distance, par visioconférence, avec Karim Benali",
        "Total HT 34,92 €", "TVA 20 % sur 34,92 € 6,98 €", "Total TTC à payer 41,90 €", "24,17 €", "10,75 €",
        "Atelier Lumière SARL au capital de 8 000 €", "SIRET 912 345 675 00017", "RCS Lyon 912 345 675",
        "TVA FR65912345675", "Médiateur de la consommation : Médiation Pro Conso", "9 décembre 2026",
        "FR76 3000 4000 0312 3456 7890 143", "Pas d’escompte pour paiement anticipé.", "Page 1 sur 1",
    ):
        assert mention in text


def test_what_is_usual_fits_one_page(drawn: dict[str, Drawn]) -> None:
    assert {name: len(drawn[name].reader.pages) for name in drawn if name not in ("long", "hostile")} == {
        "invoice": 1, "note": 1, "paid": 1, "exempt": 1, "credit": 1, "business": 1, "part": 1, "specimen": 1,
        "english": 1, "english note": 1}


def test_forty_lines_run_over_three_pages_and_none_is_lost(drawn: dict[str, Drawn]) -> None:
    pages = [page.extract_text().replace(NB, " ") for page in drawn["long"].reader.pages]
    whole = "\n".join(pages)
    assert len(pages) == 3
    assert [int(found) for found in re.findall(r"Pièce numéro (\d+)", whole)] == list(range(1, 41))
    for place, page in enumerate(pages, 1):
        assert "Désignation" in page
        assert f"Page {place} sur 3" in page
    assert [re.findall(r"Report HT (\S+) €", page) for page in pages] == [[]] + [
        re.findall(r"À reporter HT (\S+) €", page) for page in pages[:2]]
    assert re.findall(r"À reporter", pages[2]) == []
    assert "Facture F2026-000004, Atelier Lumière" not in pages[0]
    assert all("Facture F2026-000004, Atelier Lumière" in page for page in pages[1:])
    total = sum(line.quantity * line.price for line in LONG.lines)
    assert f"Total TTC à payer {total // 100_000} {total // 100 % 1000:03},{total % 100:02} €" in drawn["long"].text


def test_a_note_says_that_nothing_is_due_and_is_no_invoice(drawn: dict[str, Drawn]) -> None:
    text = drawn["note"].text
    for mention in ("Compte rendu d’intervention, sans frais", "R2026-000001", "0,00 €. Aucune somme n’est due :",
                    "non réparé, non facturé.", "de 10 h 05 à 10 h 35", "roulement du tambour", "10 h 11"):
        assert mention in text
    assert "TVA" not in text
    assert "Facture" not in text
    assert drawn["note"].reader.attachments == {}


def test_a_credit_note_names_the_invoice_it_takes_back(drawn: dict[str, Drawn]) -> None:
    text = drawn["credit"].text
    assert "Cet avoir annule la facture F2026-000001 du 25 novembre 2026." in text
    assert "Total TTC en votre faveur 41,90 €" in text
    assert "Pour payer" not in text


def test_a_credit_note_on_one_line_says_so(drawn: dict[str, Drawn]) -> None:
    text = drawn["part"].text
    assert "Cet avoir corrige une partie de la facture" in text
    assert "Total TTC en votre faveur 12,90 €" in text
    assert "Forfait" not in text


def test_a_business_reads_what_the_law_owes_it(drawn: dict[str, Drawn]) -> None:
    text = drawn["business"].text + drawn["business"].read_aloud
    for mention in ("SIREN 552 100 554", "TVA FR 96552100554", "Échéance 9 décembre 2026", "Nature Biens et services",
                    "Livré à", "1 rue Neuve", "frais de recouvrement : 40 €", "Pénalités de retard",
                    "Pas d’escompte", "Remise de 4,17 € HT sur 24,17 €", "TVA 20 % sur 20,00 €",
                    "TVA 5,5 % sur 12,23 €"):
        assert mention in text
    for mention in ("SIREN", "Échéance", "Nature", "Livré à", "recouvrement", "Remise"):
        assert mention not in drawn["invoice"].text


def test_a_paper_of_the_test_mode_says_so(drawn: dict[str, Drawn]) -> None:
    assert "SPÉCIMEN, sans valeur" in drawn["specimen"].text
    assert "SPÉCIMEN" not in drawn["invoice"].text


def test_an_exempt_shop_prints_its_sentence_and_no_vat(drawn: dict[str, Drawn]) -> None:
    text = drawn["exempt"].text
    assert "TVA non applicable, art. 293 B du CGI" in text
    assert "Total à payer 41,90 €" in text
    assert "Karim Benali EI." in text
    assert "HT" not in text


def test_a_paid_invoice_asks_for_nothing(drawn: dict[str, Drawn]) -> None:
    text = drawn["paid"].text
    assert "Déjà payé, carte −29,00 €" in text
    assert "Reste à payer 0,00 €" in text
    assert "IBAN" not in text


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed")
def test_the_code_fills_the_transfer(drawn: dict[str, Drawn], tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    subprocess.run(["pdftoppm", "-r", "200", "-png", "-singlefile", "-", str(picture.with_suffix(""))],
                   input=drawn["invoice"].pdf, check=True, timeout=20)
    code = subprocess.run(["zbarimg", "--raw", "-q", str(picture)], capture_output=True, check=True, timeout=20)
    assert code.stdout.decode().split("\n")[:11] == [
        "BCD", "002", "2", "SCT", "", "Atelier Lumiere", "FR7630004000031234567890143", "EUR41.9", "", "",
        "F2026-000001"]


def test_the_code_is_told_in_words_and_only_where_something_is_due(drawn: dict[str, Drawn]) -> None:
    assert drawn["invoice"].figures == ["QR de virement SEPA : 41,90 €, référence F2026-000001"]
    assert drawn["paid"].figures == drawn["note"].figures == drawn["credit"].figures == []


@pytest.mark.parametrize("name", ["invoice", "note", "credit", "long", "hostile"])
def test_a_paper_is_a_tagged_archive_with_its_fonts(drawn: dict[str, Drawn], name: str) -> None:
    reader = drawn[name].reader
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert "/StructTreeRoot" in root
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            described = font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]
            assert "/FontFile2" in described
            assert "Paper" in described["/FontName"], "a letter fell back to a font of the machine"


@pytest.mark.parametrize("name", ["invoice", "credit", "exempt", "hostile"])
def test_the_data_for_machines_is_found_where_they_look(drawn: dict[str, Drawn], name: str) -> None:
    root = drawn[name].reader.trailer["/Root"]
    described = root["/AF"][0].get_object()
    assert (described["/UF"], described["/AFRelationship"]) == ("factur-x.xml", "/Alternative")
    assert described["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml" or \
        described["/EF"]["/F"].get_object()["/Subtype"] == "/application/xml"
    xmp = ET.fromstring(root["/Metadata"].get_object().get_data().split(b"?>", 1)[1].rsplit(b"<?xpacket", 1)[0])
    sets = xmp.findall(".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
    assert len(sets) == 1
    fx = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
    told = {item.tag.removeprefix(fx): item.text for item in sets[0].iter() if item.tag.startswith(fx)}
    assert told == {"DocumentFileName": "factur-x.xml", "DocumentType": "INVOICE", "Version": "1.0",
                    "ConformanceLevel": "EN 16931"}


KINDS = ("invoice", "note", "paid", "exempt", "long", "hostile", "business", "part", "credit", "specimen")
FORBIDDEN = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/Sound", "/Movie", "/GoToR"}


@pytest.mark.parametrize("name", KINDS)
def test_a_paper_has_the_structure_of_an_archive(drawn: dict[str, Drawn], name: str, tmp_path: Path) -> None:
    """What PDF/A-3a asks and can be seen without its own validator, which no package registry has."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(drawn[name].pdf)
    if shutil.which("qpdf"):
        checked = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, timeout=60)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    with pikepdf.open(file) as pdf:
        assert not pdf.is_encrypted
        assert len(pdf.trailer.ID) == 2
        with pdf.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("3", "A")
            assert json.loads(drawn[name].snapshot)["number"] in told["dc:title"]
        intents = pdf.Root.OutputIntents
        assert intents[0].DestOutputProfile.read_bytes()[36:40] == b"acsp"
        assert (bool(pdf.Root.MarkInfo.Marked), str(pdf.Root.Lang)) == (True, "fr")
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert str(thing.get("/S", "")) not in FORBIDDEN
                assert "/AA" not in thing
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/FontDescriptor":
                assert {"/FontFile2", "/FontFile3"} & set(thing.keys()), "a font is not inside"
            if isinstance(thing, pikepdf.Stream):
                assert "/F" not in thing, "a stream lies in another file"
                assert thing.get("/Filter") != "/LZWDecode"
        attached = list(pdf.attachments)
        assert attached == ([] if name in ("note", "specimen") else ["factur-x.xml"])
        for spec in pdf.Root.get("/AF", []):
            assert spec.AFRelationship == "/Alternative"
            assert spec.EF.F.Params.Size == len(drawn[name].xml)
        assert ("/AF" in pdf.Root) == bool(attached)


def test_hostile_words_are_words(drawn: dict[str, Drawn]) -> None:
    assert "".join(HOSTILE.split()) in "".join(drawn["hostile"].read_aloud.split())
    root = ET.fromstring(drawn["hostile"].xml)
    names = [name.text for name in root.iter() if name.tag.endswith("}Name")]
    assert names == [HOSTILE, "Atelier Lumière", HOSTILE]
    assert list(drawn["hostile"].reader.attachments) == ["factur-x.xml"]


def test_names_of_other_alphabets_are_drawn(drawn: dict[str, Drawn]) -> None:
    snapshot = drawn["invoice"].snapshot.replace(REPAIRED.buyer.name, "Nguyễn Thị Hằng, Łukasz, Ελένη, Олексій")
    paper = Drawn(snapshot, make_pdf(snapshot))
    assert "Nguyễn Thị Hằng, Łukasz, Ελένη, Олексій" in paper.read_aloud
    fonts = paper.reader.pages[0]["/Resources"]["/Font"].values()
    assert all("Paper" in font.get_object()["/BaseFont"] for font in fonts)


@pytest.mark.parametrize("name", ["invoice", "note"])
def test_the_same_paper_is_the_same_bytes(drawn: dict[str, Drawn], name: str) -> None:
    again = make_pdf(drawn[name].snapshot)   # another process, its hashes seeded otherwise
    assert hashlib.sha256(again).hexdigest() == hashlib.sha256(drawn[name].pdf).hexdigest()


def test_no_address_is_opened() -> None:
    pages = [page.format(address) for address in ("file:///etc/hostname", "http://127.0.0.1:9/", "ftp://127.0.0.1:9/")
             for page in ('<link rel=attachment href="{}">', '<img src="{}">', '<link rel=stylesheet href="{}">',
                          "<style>@import '{}'</style>", "<p style=\"background: url('{}')\">a</p>")]
    done = subprocess.run([sys.executable, "-c", OPEN_ALL], input=json.dumps(pages), capture_output=True, text=True,
                          check=True, timeout=60)
    assert json.loads(done.stdout) == ["refused"] * len(pages) + ["drawn"]


OPEN_ALL = """
import json, sys
from datetime import UTC, datetime
from weasyprint.urls import FatalURLFetchingError
from shopvisio.invoices.pdf import to_pdf

def outcome(page):
    try:
        to_pdf("<!doctype html><title>t</title>" + page, None, datetime.now(UTC))
    except FatalURLFetchingError:
        return "refused"
    return "drawn"

print(json.dumps([outcome(page) for page in [*json.load(sys.stdin), "<img alt='' src='data:image/svg+xml,<svg/>'>"]]))
"""


def test_a_paper_that_takes_too_long_may_be_tried_again(drawn: dict[str, Drawn]) -> None:
    with pytest.raises(Unavailable):
        make_pdf(drawn["invoice"].snapshot, seconds=0.05)
    assert make_pdf(drawn["invoice"].snapshot) == drawn["invoice"].pdf


def test_the_machine_can_show_that_it_draws() -> None:
    assert 0 < self_test() < 15


def test_a_drawing_without_fonts_data_or_marks_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw.child, "run", lambda *_given: b"%PDF-1.7 /FontFile2 +Paper")
    with pytest.raises(Unavailable, match=r"factur-x\.xml"):
        self_test()


def test_a_child_that_fails_harms_nobody(
    drawn: dict[str, Drawn], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "page", lambda _snapshot: "<p>Marie Roux</p><link rel=attachment href='file:///etc'>")
    with pytest.raises(Unavailable):
        make_pdf(drawn["note"].snapshot)
    assert len(caplog.records) == 2
    assert "exit 1" in caplog.text
    assert "Marie" not in caplog.text


def test_the_child_gives_way_and_cannot_grow() -> None:
    grown = subprocess.run(
        [sys.executable, "-c", "import os; from shopvisio.child import bound; before = os.nice(0); bound(512, 15);"
                               "print(os.nice(0) - before, flush=True); bytearray(600 << 20)"],
        capture_output=True, text=True, timeout=30, check=False)
    assert grown.stdout == "10\n" or grown.stdout == "9\n"
    assert "MemoryError" in grown.stderr


def test_the_child_carries_what_draws_and_nothing_else() -> None:
    spared = {"flask", "sqlalchemy", "jinja2", "babel", "segno", "stdnum", "zoneinfo"}
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, shopvisio.invoices.pdf; print({spared} & {{*sys.modules}})"],
        capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout == "set()\n"
