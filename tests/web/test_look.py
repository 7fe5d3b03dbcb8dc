"""The shop's logo: taken as a picture of points alone, made anew, on pages and papers; its colour tried on."""

from io import BytesIO

import pytest
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from shopvisio import imprint, logo
from shopvisio.invoices.mentions import lacking


def picture(kind: str = "PNG", size: tuple[int, int] = (1600, 900), noisy: bool = False) -> bytes:
    made = Image.effect_noise(size, 90).convert("RGB") if noisy else Image.new("RGB", size, "#c2410c")
    out = BytesIO()
    made.save(out, kind)
    return out.getvalue()


def send(client: FlaskClient, data: bytes, name: str = "logo.png") -> TestResponse:
    return client.post("/desk/settings/logo", data={"logo": (BytesIO(data), name)}, follow_redirects=True)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_on_every_page_and_on_the_papers(open_app: Flask, owner_client: FlaskClient, kind: str) -> None:
    assert "Le logo est enregistré" in send(owner_client, picture(kind)).text
    home = open_app.test_client().get("/").text
    assert "/logo.png?v=" in home
    answer = open_app.test_client().get("/logo.png")
    with Image.open(BytesIO(answer.data)) as kept:
        assert (kept.format, max(kept.size)) == ("PNG", 480)
    with open_app.app_context():
        seller = imprint.seller(NOW.date())
        assert seller.logo.startswith("data:image/png;base64,")
        assert "logo" not in lacking(seller)


def test_the_heaviest_logo_is_made_light_enough_for_a_paper(open_app: Flask, owner_client: FlaskClient) -> None:
    send(owner_client, picture(noisy=True))
    assert 0 < len(open_app.test_client().get("/logo.png").data) <= 30_000


def test_what_hides_in_a_picture_is_left_behind(open_app: Flask, owner_client: FlaskClient) -> None:
    send(owner_client, picture() + b"<script>alert(1)</script>")
    kept = open_app.test_client().get("/logo.png")
    assert b"script" not in kept.data
    assert kept.mimetype == "image/png"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "Un dessin SVG"),
        (b"  \n<?xml version='1.0'?><svg/>", "Un dessin SVG"),
        (b"not a picture", "n’est pas une image lisible"),
        (b"", "Choisissez d’abord une image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9 << 20), "trop lourde"),
    ],
)
def test_what_is_no_logo_is_refused_in_a_sentence(
    open_app: Flask, owner_client: FlaskClient, data: bytes, says: str
) -> None:
    assert says in send(owner_client, data).text
    with open_app.app_context():
        assert logo.digest() == ""


def test_a_logo_goes_and_the_initials_are_back(open_app: Flask, owner_client: FlaskClient) -> None:
    send(owner_client, picture())
    owner_client.post("/desk/settings/logo", data={"remove": "y"})
    assert "/logo.png" not in open_app.test_client().get("/").text
    assert open_app.test_client().get("/logo.png").status_code == 404


def test_a_colour_is_tried_on_before_it_is_kept(owner_client: FlaskClient) -> None:
    tried = owner_client.get("/desk/settings/look.css", query_string={"colour": "#a8365a"})
    assert tried.mimetype == "text/css"
    assert tried.text != owner_client.get("/brand.css").text
    assert owner_client.get("/desk/settings/look.css?colour=}").text == owner_client.get("/brand.css").text
