"""The catalogue on the desk: written by hand with its variants, found, put aside; its pictures for everybody."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from shopvisio import catalogue

ROW = {"id": "", "label": "", "sku": "", "barcode": "", "price": "", "stock": "", "outside": "", "picture": ""}


def a_photo(colour: str = "red") -> tuple[BytesIO, str]:
    out = BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    return BytesIO(out.getvalue()), f"{colour}.jpg"


def typed(*rows: dict[str, str], **facts: Any) -> dict[str, Any]:
    """A form as the browser sends it: a list for each column of the variants."""
    columns = {name: [(ROW | row)[name] for row in rows] for name in ROW}
    return {"name": "Chemise en lin", "summary": "", "url": "", "vat": "2000", "options": ""} | columns | facts


SMALL = {"label": "38 / Écru", "sku": "LIN-38", "price": "59,90", "stock": "1"}
LARGE = {"label": "40/Noir", "sku": "LIN-40", "price": "64,90", "stock": "0"}


@pytest.fixture
def shirt(seller_client: FlaskClient) -> str:
    """The address of a product with two variants."""
    answer = seller_client.post("/desk/products/new", data=typed(SMALL, LARGE, ROW, options="Taille/Couleur"))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def variants(app: Flask, path: str) -> list[tuple[str, str, int, int | None]]:
    with app.app_context():
        found = catalogue.find(int(path.rpartition("/")[2]))
        return [(one.label, one.sku, one.price, one.stock) for one in found.variants]


def ids(app: Flask, path: str) -> list[str]:
    with app.app_context():
        return [str(one.id) for one in catalogue.find(int(path.rpartition("/")[2])).variants]


def test_a_product_is_written_with_its_variants_and_shows_them(
    seller_client: FlaskClient, open_app: Flask, shirt: str
) -> None:
    assert variants(open_app, shirt) == [("38 / Écru", "LIN-38", 5990, 1), ("40 / Noir", "LIN-40", 6490, 0)]
    page = seller_client.get(shirt).text
    for box in ('value="Taille / Couleur"', 'value="59,90"', 'value="LIN-40"', "Enregistré\u00a0: Chemise en lin."):
        assert box in page
    listed = seller_client.get("/desk/products?q=lin-40").text
    assert "Chemise en lin" in listed
    assert "Cafetière" not in listed


def test_a_variant_changes_another_comes_one_goes(seller_client: FlaskClient, open_app: Flask, shirt: str) -> None:
    first, second = ids(open_app, shirt)
    rows = (SMALL | {"id": first, "price": "49"}, LARGE | {"id": second}, {"label": "42 / Noir", "price": "70"})
    assert seller_client.post(shirt, data=typed(*rows, gone=[second])).status_code == 303
    assert variants(open_app, shirt) == [("38 / Écru", "LIN-38", 4900, 1), ("42 / Noir", "", 7000, None)]
    assert ids(open_app, shirt)[0] == first


@pytest.mark.parametrize(
    ("rows", "facts", "wrong"),
    [
        ([{"price": "cher"}], {"name": " "}, ["name", "price-0"]),
        ([{"price": "12", "stock": "beaucoup"}], {"url": "javascript:alert(1)"}, ["url", "stock-0"]),
        ([{"price": "12"}], {"vat": "1234"}, ["vat"]),
        ([], {}, ["price-0"]),
        ([{"label": "S", "price": "1"}, {"label": "s ", "price": "2"}], {}, ["label-0"]),
        ([{"price": "1", "sku": "LIN-38"}], {"name": "Une autre"}, ["sku-0"]),
        ([{"price": "1", "label": "a" * 121}], {"summary": "b" * 501}, ["summary", "label-0"]),
    ],
)
def test_what_cannot_be_is_refused_at_its_box_and_kept_as_it_was_typed(
    seller_client: FlaskClient, shirt: str, rows: list[dict[str, str]], facts: dict[str, str], wrong: list[str]
) -> None:
    answer = seller_client.post("/desk/products/new", data=typed(*rows, **facts))
    assert answer.status_code == 422
    for box in wrong:
        assert f'id="{box}-why"' in answer.text, box
    for row in rows:
        assert all(value in answer.text for value in row.values())


def test_a_product_is_put_aside_and_back(seller_client: FlaskClient, open_app: Flask, shirt: str) -> None:
    assert "Caché" in seller_client.post(f"{shirt}/hide", follow_redirects=True).text
    assert "Chemise" not in seller_client.get("/desk/products").text
    assert "Chemise" in seller_client.get("/desk/products?state=hidden").text
    with open_app.app_context():
        assert catalogue.search("chemise") == []
    seller_client.post(f"{shirt}/show")
    assert "Chemise" in seller_client.get("/desk/products").text


@pytest.mark.parametrize("path", ["/desk/products/999", "/desk/products/999/hide", "/desk/products/1/explode"])
def test_a_product_that_is_not_there_is_not_found(seller_client: FlaskClient, path: str) -> None:
    assert seller_client.post(path).status_code == 404


def test_pictures_come_are_seen_by_anybody_and_go(
    seller_client: FlaskClient, stranger: FlaskClient, open_app: Flask, shirt: str
) -> None:
    first, second = ids(open_app, shirt)
    photos = [a_photo("red"), a_photo("blue"), (BytesIO(b"no photo"), "x.txt")]
    answer = seller_client.post(f"{shirt}/pictures", data={"pictures": photos}, follow_redirects=True)
    assert "x.txt\u00a0: " in answer.text
    with open_app.app_context():
        red, blue = (picture.id for picture in catalogue.find(int(shirt.rpartition("/")[2])).pictures)
    seen = stranger.get(f"/product/{blue}.jpg?small=1")
    assert (seen.status_code, seen.mimetype) == (200, "image/jpeg")
    seen.close()
    assert stranger.get("/product/9999.jpg").status_code == 404
    rows = (SMALL | {"id": first, "picture": str(blue)}, LARGE | {"id": second, "picture": str(red)})
    seller_client.post(shirt, data=typed(*rows))
    seller_client.post(f"{shirt}/pictures", data={"drop": [str(red)]})
    with open_app.app_context():
        found = catalogue.find(int(shirt.rpartition("/")[2]))
        assert [one.picture and one.picture.id for one in found.variants] == [blue, None]
        assert [picture.id for picture in found.pictures] == [blue]
    assert stranger.get(f"/product/{red}.jpg").status_code == 404


def test_a_hundred_variants_fit_into_one_form(seller_client: FlaskClient, open_app: Flask) -> None:
    many = [{"label": f"n° {n}", "price": "1"} for n in range(100)]
    answer = seller_client.post("/desk/products/new", data=typed(*many))
    assert answer.status_code == 303
    assert len(variants(open_app, answer.location)) == 100


def test_many_products_come_page_by_page(seller_client: FlaskClient) -> None:
    for n in range(51):
        seller_client.post("/desk/products/new", data=typed({"price": "1"}, name=f"Assiette {n:02}"))
    first = seller_client.get("/desk/products?q=assiette").text
    assert first.count("<tr>") == 51  # the heading, and fifty
    assert "Page 1 sur 2" in first
    assert seller_client.get("/desk/products?q=assiette&page=2").text.count("<tr>") == 2
    for odd in ("page=0", "page=x", "page=99999", "page=-3", "state=nowhere"):
        assert seller_client.get(f"/desk/products?{odd}").status_code == 200


def test_a_repairer_does_not_write_the_catalogue(repairer_client: FlaskClient, shirt: str) -> None:
    for path in ("/desk/products", "/desk/products/new", shirt, "/desk/products/import"):
        assert repairer_client.get(path).status_code == 403
