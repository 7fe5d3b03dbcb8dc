"""One product from the page whose link was pasted. The wire is faked: what the child would bring."""

import json
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from shopvisio import catalogue, child
from shopvisio.catalogue.sheets import FoundProduct, FoundVariant
from shopvisio.errors import Unavailable

LINK = "https://boutique.example/produit/theiere"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What lies at which address; elsewhere nothing answers."""
    from dataclasses import asdict

    pot = FoundProduct(0, "Théière en fonte", "0,8 L", LINK, pictures=["https://cdn.example/1.jpg", "https://cdn.example/2"])
    pot.variants = [FoundVariant(0, 5990, sku="THE")]
    photo = BytesIO()
    Image.new("RGB", (80, 80), "black").save(photo, "PNG")
    places = {
        LINK: json.dumps({"found": asdict(pot)}).encode(),
        "https://boutique.example/article": json.dumps({"refused": "Cette page ne dit rien."}).encode(),
        "https://cdn.example/1.jpg": photo.getvalue(),
        "https://cdn.example/2": b"no picture",
    }
    real = child.run

    def run(module: str, given: bytes, seconds: float = 15, megabytes: int = 512) -> bytes:
        if module != "shopvisio.catalogue.fetching":
            return real(module, given, seconds, megabytes)
        if (url := json.loads(given)["url"]) not in places:
            raise Unavailable("Refused: a private address")
        return places[url]

    monkeypatch.setattr(child, "run", run)
    return places


def test_a_page_becomes_a_product_with_its_pictures(
    seller_client: FlaskClient, open_app: Flask, web: dict[str, bytes], run_jobs: Callable[[], int]
) -> None:
    answer = seller_client.post("/desk/products/page", data={"link": LINK})
    assert answer.status_code == 303
    with open_app.app_context():
        (pot,) = catalogue.search(LINK)
        assert (pot.name, pot.price, [one.file for one in pot.pictures]) == ("Théière en fonte", 5990, ["", ""])
    run_jobs()
    with open_app.app_context():
        (pot,) = catalogue.search("theiere")
        assert [one.source[-5:] for one in pot.pictures if one.file] == ["1.jpg"]  # the other was none
    again = seller_client.post("/desk/products/page", data={"link": LINK + "?utm_source=x"}, follow_redirects=True)
    assert "Ce produit est déjà au catalogue." in again.text
    with open_app.app_context():
        assert catalogue.count("", True) == 2


@pytest.mark.parametrize(
    "link",
    ["", "boutique", "javascript:alert(1)", "https://boutique.example/article", "http://192.168.1.1/", "x" * 3000],
)
def test_a_link_that_leads_to_no_product_is_refused_and_kept(
    seller_client: FlaskClient, web: dict[str, bytes], link: str
) -> None:
    answer = seller_client.post("/desk/products/page", data={"link": link})
    assert (answer.status_code, 'id="link-why"' in answer.text) == (422, True)
    assert f'value="{link}"' in answer.text


def test_in_a_call_its_card_comes_back_or_a_sentence(
    seller_client: FlaskClient, repairer_client: FlaskClient, open_app: Flask, web: dict[str, bytes]
) -> None:
    path, json_ = "/desk/products/page/card", {"Accept": "application/json"}
    for _twice in range(2):  # the second time it is here
        card = seller_client.post(path, data={"link": LINK}, headers=json_).get_json()["product"]
        assert (card["name"], card["price"]) == ("Théière en fonte", 5990)
    refused = seller_client.post(path, data={"link": "https://boutique.example/article"}, headers=json_)
    assert (refused.status_code, refused.get_json()["message"]) == (422, "Cette page ne dit rien.")
    assert repairer_client.post(path, data={"link": LINK}, headers=json_).status_code == 403
    with open_app.app_context():
        assert catalogue.count("", True) == 2
