"""Catalogues as WooCommerce, Shopify and PrestaShop export them, faults and all: what is used, what is told by line."""

from datetime import date
from pathlib import Path

import pytest

from shopvisio.catalogue import sheets
from shopvisio.catalogue.sheets import Choices, FoundProduct, Sheet
from shopvisio.catalogue.sheets.found import Unreadable, addresses, cents, pieces, rate_between, words
from shopvisio.errors import Invalid

EXPORTS = Path(__file__).parent / "exports"
TODAY = Choices(date(2026, 11, 23))


def read(name: str, choices: Choices = TODAY) -> Sheet:
    return sheets.read((EXPORTS / f"{name}.csv").read_bytes(), choices)


def by_name(sheet: Sheet, name: str) -> FoundProduct:
    return next(product for product in sheet.products if product.name.startswith(name))


def variants(product: FoundProduct) -> list[tuple[str, str, int, int | None]]:
    return [(one.label, one.sku, one.price, one.stock) for one in product.variants]


def told(sheet: Sheet) -> dict[int, str]:
    return {fault.line: f"{fault.what}: {fault.why}".replace("\u00a0", " ") for fault in sheet.faults}


# -- WooCommerce


def test_woocommerces_products_come_with_their_variations() -> None:
    sheet = read("woocommerce")
    assert (sheet.kind, sheet.rows, len(sheet.products)) == ("woocommerce", 14, 5)
    coffee = by_name(sheet, "Cafetière")
    assert variants(coffee) == [("", "CAF-12", 8990, 4)]
    assert (coffee.summary, coffee.outside) == ("Garde le café chaud quatre heures . 1,5 L", "101")
    assert coffee.variants[0].barcode == "3760123456784"
    assert [one.rpartition("/")[2] for one in coffee.pictures] == ["caf-1.jpg", "caf-2.jpg"]
    shirt = by_name(sheet, "Chemise")
    assert (shirt.options, shirt.outside, shirt.has_faults) == ("Taille / Couleur", "102", True)
    assert variants(shirt) == [("38 / Écru", "LIN-38-E", 5990, 1), ("40 / Noir", "LIN-40-N", 4990, 0)]
    assert [one.outside for one in shirt.variants] == ["103", "104"]


def test_woocommerce_what_is_hidden_sold_elsewhere_or_ordered_when_gone() -> None:
    sheet = read("woocommerce")
    assert not by_name(sheet, "Filtres").active
    assert by_name(sheet, "Moulin").url == "https://bialta.example/moulin"
    assert variants(by_name(sheet, "Tasses")) == [("", "TAS-2", 102400, None)]


def test_woocommerce_each_line_that_cannot_be_used_says_why() -> None:
    assert told(read("woocommerce")) == {
        6: "Chemise en lin - 42, Noir: il n’y a pas de prix.",
        7: "Pull marin - S: le produit « PULL » dont c’est une variante n’est pas dans ce fichier.",
        8: "BRO: il n’y a pas de nom.",
        9: "Bouilloire 1,7 L inox: « sur demande » n’est pas un prix.",
        10: "Coffret petit déjeuner: c’est un groupe : ses produits sont repris un à un.",
        14: "Service à thé: aucune de ses variantes n’est dans ce fichier.",
        15: "Verres, par 6: « beaucoup » n’est pas un nombre de pièces.",
    }


def test_a_reduction_of_woocommerce_ends_on_its_day() -> None:
    shirt = by_name(read("woocommerce", Choices(date(2027, 1, 2))), "Chemise")
    assert [one.price for one in shirt.variants] == [5990, 6490]


def test_prices_without_tax_get_it() -> None:
    assert variants(by_name(read("woocommerce", Choices(date(2026, 11, 23), 1000, True)), "Caf"))[0][2] == 9889


# -- Shopify


def test_shopifys_rows_of_one_handle_are_one_product() -> None:
    sheet = read("shopify")
    assert (sheet.kind, sheet.rows) == ("shopify", 12)
    bag = by_name(sheet, "Sac")
    assert (bag.options, bag.outside, bag.summary) == (
        "Couleur / Taille",
        "sac-week-end",
        "Toile enduite, fabriquée à Roubaix.",
    )
    assert variants(bag) == [
        ("Kaki / M", "SAC-K-M", 12900, 3),
        ("Kaki / L", "SAC-K-L", 14900, 0),
        ("Bleu nuit / M", "SAC-B-M", 12900, None),
    ]
    assert [one.rpartition("/")[2] for one in bag.pictures] == ["sac-1.jpg?v=1", "sac-2.jpg?v=1", "sac-3.jpg?v=1"]
    assert bag.variants[0].picture.endswith("sac-kaki.jpg")
    belt = by_name(sheet, "Ceinture")
    assert (belt.options, variants(belt)) == ("", [("", "CEI", 4500, 1)])
    assert not by_name(sheet, "Porte").active


def test_shopify_each_line_that_cannot_be_used_says_why() -> None:
    sheet = read("shopify")
    assert told(sheet) == {
        10: "Gants d’hiver, 8: il n’y a pas de prix.",
        11: "echarpe: il n’y a pas de nom.",
        12: "Sans adresse: il n’y a pas de « Handle ».",
        13: "Carte cadeau: il n’y a pas de prix.",
        14: "Bonnet: « 1,290 » : est-ce en milliers ou avec trois décimales ?",
    }
    assert variants(by_name(sheet, "Gants")) == [("7", "GAN-7", 3900, 5)]


# -- PrestaShop, and other tables


def test_prestashops_prices_tell_the_rate_of_vat() -> None:
    sheet = read("prestashop")
    assert (sheet.kind, sheet.rows) == ("prestashop", 8)
    assert [(one.name, one.outside, one.vat, variants(one)) for one in sheet.products] == [
        ("Bottines œillets", "1", 2000, [("", "BOT-01", 8990, 6)]),
        ("Cirage incolore ; 100 ml", "2", 2000, [("", "CIR-100", 795, 40)]),
        ("Livre « Chausser »", "3", 550, [("", "LIV", 2000, 2)]),
        ("Embauchoirs", "7", 2000, [("", "EMB", 125000, 0)]),
        ("Semelles", "8", None, [("", "SEM", 999, None)]),
    ]
    assert not by_name(sheet, "Embauchoirs").active


def test_prestashop_each_line_that_cannot_be_used_says_why() -> None:
    assert told(read("prestashop")) == {
        5: "Lacets: « -- » n’est pas un prix.",
        6: "VIDE: il n’y a pas de nom.",
        7: "Cirage incolore ; 100 ml: ce produit est déjà plus haut dans le fichier.",
    }


def test_combinations_of_prestashop_are_variants() -> None:
    table = (
        "Product ID*;Name*;Attribute (Name:Type:Position)*;Value (Value:Position)*;"
        "Reference;Price tax excluded;Quantity\n"
        "9;Mocassins;Pointure:select:0, Couleur:color:1;40:0, Brun:1;MOC-40;50;2\n"
        "9;Mocassins;Pointure:select:0, Couleur:color:1;41:0, Brun:1;MOC-41;50;0\n"
    )
    (shoes,) = sheets.read(table.encode(), TODAY).products
    assert (shoes.options, variants(shoes)) == (
        "Pointure / Couleur",
        [("40 / Brun", "MOC-40", 6000, 2), ("41 / Brun", "MOC-41", 6000, 0)],
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_table_with_names_and_prices_is_read_whatever_wrote_it(encoding: str, separator: str) -> None:
    text = separator.join(("Désignation", "Tarif", "Réf")) + "\r\n" + separator.join(("Thé vert", "4.5", "TH")) + "\r\n"
    sheet = sheets.read(text.encode(encoding), TODAY)
    assert (sheet.kind, [variants(one) for one in sheet.products]) == ("table", [[("", "TH", 450, None)]])


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"a;b\n1;2\n", b"\x00\x01\x02", b"PK\x03\x04\x14\x00\x06\x00\x08\x00", b"\xff\xfe\x00"]
)
def test_what_is_no_catalogue_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        sheets.read(data, TODAY)
    assert refused.value.message


# -- cells


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("29", 2900), ("29,90", 2990), ("29.9", 2990), ("1 234,50 €", 123450), ("1.234,50", 123450),
        ("24.916667", 2492), ("1,234.50", 123450), ("1 234 567", 123456700), ("0,990", 99),
        ("12.000.000", None), ("-5", None), ("", None),
        ("1,234", None), ("1.234", None), ("gratuit", None), ("12,34,56", 12345600), ("９", None), ("999999999", None),
    ],
)  # fmt: skip
def test_prices_are_read_as_people_and_programs_write_them(text: str, found: int | None) -> None:
    if found is None:
        with pytest.raises(Unreadable, match=r"\w"):
            cents(text)
    else:
        assert cents(text) == found


def test_tax_is_added_before_anything_is_rounded() -> None:
    assert (cents("8.3250", 2000), cents("24.916667", 2000)) == (999, 2990)
    assert [rate_between(1896, 2000), rate_between(833, 999), rate_between(100, 173), rate_between(0, 0)] == [
        550, 2000, None, None,
    ]  # fmt: skip


def test_pieces_pictures_and_words_are_read() -> None:
    assert [pieces(text) for text in ("", "3", "-2", "4.0", "1 200")] == [None, 3, 0, 4, 1200]
    assert addresses("https://a.example/1.jpg, https://a.example/2,3.jpg|javascript:x, ../x") == ["https://a.example/1.jpg"]
    assert words("<style>b{}</style><p>Thé &amp; café</p>") == "Thé & café"
    assert words("mot " * 300, 20) == "mot mot mot mot…"
