"""The catalogue: products in variants, found by words, codes and links, counted so that nobody sells what is gone."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import NOW, Shop
from flask import Flask
from flask_migrate import Migrate, upgrade
from sqlalchemy import text

from shopvisio import catalogue
from shopvisio.base import MIGRATIONS
from shopvisio.catalogue import Product, Variant
from shopvisio.catalogue.stock import in_words
from shopvisio.db import db, prepare, writing
from shopvisio.errors import Conflict, NotFound

Makes = Callable[..., Product]


@pytest.fixture
def makes(shop: Shop) -> Makes:
    """makes(name, (label, sku, cents, stock), …): a product in the catalogue."""

    def make(name: str, *variants: tuple[str, str, int, int | None], **facts: str) -> Product:
        with writing():
            product = Product(name=name, created=NOW, **facts)
            for place, (label, sku, price, stock) in enumerate(variants or (("", "", 100, None),)):
                product.every_variant.append(Variant(place=place, label=label, sku=sku, price=price, stock=stock))
            db.session.add(product)
        return product

    return make


@pytest.fixture
def shirt(makes: Makes) -> Product:
    return makes(
        "Chemise en lin",
        ("38 / Écru", "LIN-38-E", 5990, 1),
        ("40 / Écru", "LIN-40-E", 6490, 0),
        ("40 / Noir", "LIN-40-N", 6490, None),
        summary="Coupe droite",
        url="https://www.boutique.example/chemise-en-lin.html",
        options="Taille / Couleur",
    )


def names(words: str) -> list[str]:
    return [product.name for product in catalogue.search(words)]


# -- found


@pytest.mark.parametrize(
    "words",
    [
        "chemise", "lin chem", "CHEMISE", "ecru", "Écru", "LIN-38", "lin-38-e", "droite",
        "https://boutique.example/chemise-en-lin.html", "http://www.boutique.example/chemise-en-lin.html?utm=x#photo",
        "www.boutique.example/chemise-en-lin.html", "https://boutique.example/fr/12-chemise-en-lin.html",
        "https://ailleurs.example/produit/chemise-en-lin/",
    ],
)  # fmt: skip
def test_a_product_is_found_by_name_code_label_or_link(shirt: Product, words: str) -> None:
    assert names(words) == ["Chemise en lin"]


@pytest.mark.parametrize("words", ["%", '"', "chemise frigo", "https://", "www.boutique.example/", "*", "NEAR("])
def test_what_names_nothing_finds_nothing(shirt: Product, words: str) -> None:
    assert names(words) == []


def test_the_name_counts_more_than_the_line_below_it(makes: Makes) -> None:
    makes("Filtre en papier", summary="Pour toute bouilloire et toute cafetière")
    makes("Bouilloire 1,7 L")
    assert names("bouilloire") == ["Bouilloire 1,7 L", "Filtre en papier"]


def test_a_handle_of_shopify_is_found_by_its_page(makes: Makes) -> None:
    makes("Tasse", origin="shopify", outside="tasse-bleue-2")
    assert names("https://tasses.example/products/tasse-bleue-2?variant=4711") == ["Tasse"]


def test_what_is_renamed_set_aside_or_gone_is_found_no_more(shirt: Product) -> None:
    with writing():
        shirt.name = "Chemisier"
        shirt.every_variant[0].sku = "NEU-1"
    assert names("chemisier") == names("NEU-1") == ["Chemisier"]
    assert names("LIN-38-E") == []
    with writing():
        catalogue.set_aside(shirt, True)
    assert names("chemisier") == []
    assert [p.name for p in catalogue.listed("chemisier", False, 0, 10)] == ["Chemisier"]
    with writing():
        for variant in list(shirt.every_variant):
            db.session.delete(variant)
        db.session.flush()
        db.session.delete(shirt)
    assert db.session.scalar(text("SELECT count(*) FROM product_words")) == 1  # the coffee maker of every test


def test_pages_of_the_catalogue_follow_each_other_and_are_counted(makes: Makes) -> None:
    for n in range(7):
        makes(f"Assiette n° {n}")
    pages = [[p.name for p in catalogue.listed("assiette", True, start, 3)] for start in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert len({name for page in pages for name in page}) == catalogue.count("assiette", True) == 7
    assert catalogue.count("", True) == 8


# -- told


def test_a_variant_says_what_it_is(shirt: Product) -> None:
    first = shirt.variants[0]
    assert (first.name, first.vat, shirt.price) == ("Chemise en lin, 38 / Écru", 2000, 5990)
    assert catalogue.find_variant(first.id) is first
    with writing():
        first.active = False
    assert [variant.label for variant in shirt.variants] == ["40 / Écru", "40 / Noir"]
    with pytest.raises(NotFound):
        catalogue.find_variant(first.id)


def test_the_stock_is_told_in_words(shirt: Product) -> None:
    assert [in_words(variant) for variant in shirt.variants] == ["Dernière pièce", "Épuisé", ""]
    with writing():
        shirt.variants[0].stock = 3
        shirt.variants[1].stock = 12
    assert [in_words(variant) for variant in shirt.variants] == ["Plus que 3 en stock", "12 en stock", ""]


# -- taken and given back


def test_the_last_one_is_taken_once_and_may_come_back(shirt: Product) -> None:
    last, gone, uncounted = shirt.variants
    with writing():
        catalogue.take(last, 1)
        catalogue.take(uncounted, 50)
    with pytest.raises(Conflict, match="il n’y en a plus"), writing():
        catalogue.take(last, 1)
    with pytest.raises(Conflict), writing():
        catalogue.take(gone, 1)
    with writing():
        catalogue.give_back(last, 2)
        catalogue.give_back(uncounted, 2)
    with pytest.raises(Conflict, match="il n’en reste que 2"), writing():
        catalogue.take(last, 3)
    assert [variant.stock for variant in shirt.variants] == [2, 0, None]


def test_what_was_sold_since_we_looked_is_not_sold_twice(shirt: Product) -> None:
    last = shirt.variants[0]
    assert last.stock == 1
    with sqlite3.connect(db.engine.url.database or "") as another:  # a command beside the appliance
        another.execute("UPDATE variant SET stock = 0 WHERE id = ?", (last.id,))
    with pytest.raises(Conflict), writing():
        catalogue.take(last, 1)
    assert last.stock == 0


def test_the_products_of_an_earlier_release_are_kept(tmp_path: Path) -> None:
    """The base as it was before variants, upgraded as the appliance does at its start."""
    bare = Flask("earlier")
    bare.config.update(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'shop.db'}")
    db.init_app(bare)
    Migrate(bare, db, directory=str(MIGRATIONS))
    with bare.app_context():
        prepare()
        upgrade(revision="0028")
        with writing():
            db.session.execute(
                text(
                    "INSERT INTO product (name, summary, price, url, active, created)"
                    " VALUES ('Bouilloire', 'Inox', 4990, 'https://b.example/b', 1, '2026-01-01')"
                )
            )
        upgrade()
        (kettle,) = catalogue.search("inox")
        assert (kettle.name, kettle.price, kettle.vat, kettle.variants[0].stock) == ("Bouilloire", 4990, 2000, None)
        assert catalogue.search("https://www.b.example/b/") == [kettle]
        db.session.remove()
        db.engine.dispose()
