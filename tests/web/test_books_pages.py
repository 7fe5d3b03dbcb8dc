"""The books on the desk: what the owner and the accountant see, and the page to sign."""

import io
import zipfile
from collections.abc import Callable

import pytest
from conftest import Clock
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from test_owner_lists import invoice  # noqa: F401 - a fixture

from shopvisio import __version__, attestation, books
from shopvisio.db import writing
from shopvisio.jobs import enqueue


@pytest.fixture
def closed(open_app: Flask, owner_client: FlaskClient, invoice: str, clock_: Clock,  # noqa: F811
           run_jobs: Callable[[], int]) -> FlaskClient:
    """The owner, nine days after a sale of 29 € paid by card: November is closed."""
    owner_client.post(f"/desk/papers/{invoice}/paid", data={"amount": "29", "method": "card"})
    clock_.pass_(days=9)
    with open_app.app_context(), writing():
        enqueue("close-books", clock_.now)
    run_jobs()
    return owner_client


def test_the_year_is_told_by_months_and_the_month_by_days(closed: FlaskClient) -> None:
    year = closed.get("/desk/books", follow_redirects=True).text
    for told in ("novembre 2026", "décembre 2026", "29,00", "24,17", "4,83", "en cours", "20 % sur"):
        assert told in year.replace("\u00a0", " ")
    month = closed.get("/desk/books/2026-11").text
    assert "lundi 23 novembre" in month
    assert month.count("<tr><th scope=\"row\">") >= 8
    assert closed.get("/desk/books/2025").status_code == 404
    assert closed.get("/desk/books/2026-13").status_code == 404
    assert closed.get("/desk/books/nothing").status_code == 404


def test_before_the_first_paper_the_page_says_what_comes(owner_client: FlaskClient) -> None:
    page = owner_client.get("/desk/books/2026")
    assert page.status_code == 200
    assert "0,00" in page.text


def test_the_job_closes_each_day_and_calls_itself_for_the_next(closed: FlaskClient, open_app: Flask,
                                                              clock_: Clock, run_jobs: Callable[[], int]) -> None:
    with open_app.app_context():
        before = len(books.closed("day"))
        due = books.next_close(clock_.now)
    clock_.now = due
    run_jobs()
    with open_app.app_context():
        assert len(books.closed("day")) == before + 1
        assert books.verify() == []


@pytest.mark.parametrize("name", ["ventes", "paiements", "e-reporting", "clotures"])
def test_every_sheet_is_a_file_for_a_spreadsheet(closed: FlaskClient, name: str) -> None:
    answer = closed.get(f"/desk/books/2026-11/{name}.csv")
    assert answer.mimetype == "text/csv"
    assert f'filename="{name}-2026-11.csv"' in answer.headers["Content-Disposition"]
    assert answer.text.startswith("\ufeff")
    assert "29,00" in answer.text
    assert closed.get("/desk/books/2026-11/nothing.csv").status_code == 404


def test_the_archive_of_a_year_is_made_and_fetched(closed: FlaskClient, run_jobs: Callable[[], int]) -> None:
    assert closed.post("/desk/books/archives/1999").status_code == 404
    assert closed.post("/desk/books/archives/2026").status_code == 303
    run_jobs()
    page = closed.get("/desk/books/2026").text
    assert "/desk/books/archives/1.zip" in page
    answer = closed.get("/desk/books/archives/1.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as zipped:
        assert {"verifier.py", "papiers.jsonl", "SHA256SUMS"} <= set(zipped.namelist())
    answer.close()
    assert closed.get("/desk/books/archives/9.zip").status_code == 404


def test_the_attestation_names_version_digest_and_four_conditions(owner_client: FlaskClient) -> None:
    assert attestation.digest()[:16] in owner_client.get("/desk/books/2026").text
    answer = owner_client.get("/desk/books/attestation.pdf")
    reader = PdfReader(io.BytesIO(answer.data))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert len(reader.pages) == 1
    for told in (__version__, "Inaltérabilité", "Sécurisation", "Conservation", "Archivage"):
        assert told in text
    assert attestation.digest() in text.replace(" ", "")

