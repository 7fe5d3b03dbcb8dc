"""A file that comes in again: no doubles, prices and stocks follow it, what this desk decided stays."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from conftest import NOW, Shop
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from shopvisio import catalogue
from shopvisio.catalogue import Picture, imports
from shopvisio.catalogue.importing import keep, look
from shopvisio.catalogue.merging import merge
from shopvisio.catalogue.sheets import Choices, read
from shopvisio.db import db, writing

EXPORTS = Path(__file__).parent / "exports"
SHOPIFY = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty"


def bring(data: str | bytes) -> list[str]:
    """What became of each product of the file."""
    sheet = read(data.encode() if isinstance(data, str) else data, Choices(date(2026, 11, 23)))
    with writing():
        return [merge(db.session(), product, sheet.kind, 2000, NOW)[1] for product in sheet.products]


@pytest.mark.parametrize(("name", "count"), [("woocommerce", 5), ("shopify", 4), ("prestashop", 5)])
def test_the_second_time_nothing_changes(shop: Shop, name: str, count: int) -> None:
    data = (EXPORTS / f"{name}.csv").read_bytes()
    assert [bring(data), bring(data)] == [["added"] * count, ["same"] * count]
    assert catalogue.count("", True) + catalogue.count("", False) == count + 1  # the coffee maker of every test


def test_prices_and_stocks_follow_and_what_is_gone_is_sold_no_more(shop: Shop) -> None:
    head = f"{SHOPIFY},Variant Price\n"
    bring(head + "t,Tasse,Couleur,Bleue,TB,shopify,3,12\nt,,,Rouge,TR,shopify,3,12\n")
    assert bring(head + "t,Tasse en grès,Couleur,Bleue,TB,shopify,1,14\n") == ["changed"]
    (cup,) = catalogue.search("tasse en grès")
    assert [(one.label, one.price, one.stock) for one in cup.variants] == [("Bleue", 1400, 1)]
    assert [one.label for one in cup.every_variant if not one.active] == ["Rouge"]
    assert bring(head + "t,Tasse en grès,Couleur,Bleue,TB,shopify,1,14\nt,,,Rouge,TR,shopify,3,12\n") == ["changed"]
    assert len(cup.every_variant) == 2


def test_a_variant_that_could_not_be_read_is_not_taken_for_gone(shop: Shop) -> None:
    head = f"{SHOPIFY},Variant Price\n"
    bring(head + "t,Tasse,Couleur,Bleue,TB,shopify,3,12\nt,,,Rouge,TR,shopify,3,12\n")
    bring(head + "t,Tasse,Couleur,Bleue,TB,shopify,2,12\nt,,,Rouge,TR,shopify,3,douze\n")
    (cup,) = [one for one in catalogue.search("TB") if one.name == "Tasse"]
    assert [(one.label, one.stock) for one in cup.variants] == [("Bleue", 2), ("Rouge", 3)]


def test_what_the_desk_hid_stays_hidden(shop: Shop) -> None:
    data = "Nom;Prix\nSaladier;12\n"
    bring(data)
    with writing():
        catalogue.set_aside(catalogue.search("saladier")[0], True)
    assert bring(data) == ["same"]
    assert (catalogue.count("saladier", True), catalogue.count("saladier", False)) == (0, 1)


def test_a_product_written_by_hand_is_known_by_its_reference(shop: Shop) -> None:
    with writing():
        made = catalogue.add("Cafetiere (à compléter)", "80", "", "", NOW)
        made.every_variant[0].sku = "CAF-12"
    assert bring((EXPORTS / "woocommerce.csv").read_bytes()).count("changed") == 1
    assert (made.name, made.outside, made.price) == ("Cafetière Lumio 12 tasses, verseuse isotherme", "101", 8990)


def test_pictures_follow_and_those_put_in_by_hand_stay(shop: Shop) -> None:
    head = "Product ID;Name;Price (tax incl.);Image\n"
    bring(head + "1;Tasse bleue;12;https://m.example/a.jpg, https://m.example/b.jpg\n")
    (cup,) = catalogue.search("bleue")
    with writing():
        cup.pictures.append(Picture(file="own.jpg", place=9))
        cup.pictures[1].file = "b.jpg"
    assert bring(head + "1;Tasse bleue;12;https://m.example/b.jpg, https://m.example/c.jpg\n") == ["changed"]
    db.session.expire_all()
    assert [(one.source[-5:], one.file) for one in cup.pictures] == [("b.jpg", "b.jpg"), ("c.jpg", ""), ("", "own.jpg")]


def test_each_product_of_an_import_is_a_write_of_its_own(shop: Shop, open_app: Flask) -> None:
    """Whoever writes beside it waits for one product, not for many."""
    base = open_app.config["SHOP"].data / "shop.db"
    sheet = read((EXPORTS / "woocommerce.csv").read_bytes(), Choices(date(2026, 11, 23)))
    with writing():
        imports.propose("one", "x.csv", look(sheet), 2000, False, "Nadia", NOW)
    db.session.rollback()
    kept: list[int] = []

    def committed(_connection: object) -> None:
        with closing(sqlite3.connect(base)) as beside:  # as another process sees it
            kept.extend(n for (n,) in beside.execute("SELECT count(*) FROM product"))

    event.listen(Engine, "commit", committed)
    try:
        keep(sheet, base, "one", 2000, NOW)
    finally:
        event.remove(Engine, "commit", committed)
    assert kept == [1, 2, 3, 4, 5]  # before each: the coffee maker of every test, and one more at a time
    found = imports.find("one")
    assert (found.kept, found.added, found.changed) == (5, 5, 0)
