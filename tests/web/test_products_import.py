"""A catalogue comes in from a file: looked at, then written by the child that the appliance starts."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from shopvisio import catalogue
from shopvisio.catalogue import imports
from shopvisio.catalogue.imports import Import
from shopvisio.db import db

EXPORTS = Path(__file__).parents[1] / "exports"
RunJobs = Callable[[], int]


def bring(client: FlaskClient, data: bytes, name: str = "produits.csv") -> str:
    """The address of the page that shows what is in it."""
    answer = client.post("/desk/products/import", data={"file": (BytesIO(data), name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def row_of(path: str) -> Import:
    found = imports.find(path.rpartition("/")[2])
    db.session.refresh(found)
    return found


def test_a_file_is_looked_at_first_and_nothing_is_written(seller_client: FlaskClient, open_app: Flask) -> None:
    path = bring(seller_client, (EXPORTS / "woocommerce.csv").read_bytes())
    page = seller_client.get(path).text
    for told in ("WooCommerce", "5 produits à importer", "7 lignes laissées de côté", "Pull marin"):
        assert told in page.replace("\u00a0", " "), told
    with open_app.app_context():
        assert catalogue.search("chemise") == []


def test_what_can_be_used_is_written_and_the_second_time_makes_no_doubles(
    seller_client: FlaskClient, open_app: Flask, run_jobs: RunJobs
) -> None:
    data = (EXPORTS / "woocommerce.csv").read_bytes()
    results = []
    for _time in range(2):
        path = bring(seller_client, data)
        seller_client.post(f"{path}/start")
        seller_client.post(f"{path}/start")  # twice is once
        assert "Import en cours" in seller_client.get(path).text
        run_jobs()
        with open_app.app_context():
            found = row_of(path)
            results.append((found.state, found.kept, found.added, found.changed))
            assert catalogue.count("", True) + catalogue.count("", False) == 6  # the coffee maker of every test
        assert "Import terminé" in seller_client.get(path).text
    assert results == [("done", 5, 5, 0), ("done", 5, 0, 0)]
    assert not list(Path(open_app.config["SHOP"].arriving).glob("*.part"))


def test_prices_without_tax_are_read_again_with_it(
    seller_client: FlaskClient, open_app: Flask, run_jobs: RunJobs
) -> None:
    path = bring(seller_client, b"Nom;Prix\nLivre;10\n")
    assert "10,55" in seller_client.post(f"{path}/look", data={"vat": "550", "net": "yes"}, follow_redirects=True).text
    assert seller_client.post(f"{path}/look", data={"vat": "1"}).status_code == 422
    seller_client.post(f"{path}/start")
    run_jobs()
    with open_app.app_context():
        (book,) = catalogue.search("livre")
        assert (book.price, book.vat) == (1055, 550)
    assert seller_client.post(f"{path}/look", data={"vat": "2000"}).status_code in (409, 422)  # it is over


def test_a_file_that_is_no_catalogue_is_refused_with_a_sentence(seller_client: FlaskClient) -> None:
    for form in ({}, {"file": (BytesIO(b"PK\x03\x04\x00"), "x.xlsx")}):
        answer = seller_client.post("/desk/products/import", data=form)
        assert (answer.status_code, 'id="file-why"' in answer.text) == (422, True)


def test_an_import_that_is_not_there_is_not_found(seller_client: FlaskClient) -> None:
    assert seller_client.get("/desk/products/import/nowhere").status_code == 404
    assert seller_client.post("/desk/products/import/nowhere/start").status_code == 404
