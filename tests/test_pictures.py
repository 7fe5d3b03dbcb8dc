"""Customers' photos come in as telephones make them and are kept small, upright and without their metadata."""

from io import BytesIO

import pytest
from PIL import Image

from shopvisio import pictures
from shopvisio.errors import Invalid


def taken(kind: str, size: tuple[int, int] = (400, 300), **how: object) -> bytes:
    """A photo in this format."""
    if kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    made = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, kind, **how)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "GIF"])
def test_every_usual_format_becomes_a_jpeg(kind: str) -> None:
    jpeg, width, height = pictures.clean(taken(kind))
    assert (width, height) == (400, 300)
    with Image.open(BytesIO(jpeg)) as kept:
        assert kept.format == "JPEG"


def test_it_is_turned_upright_and_where_it_was_taken_is_forgotten() -> None:
    told = Image.Exif()
    told[0x0112] = 6  # held on its side
    told[0x010F] = "Telephone of Marie"
    told.get_ifd(0x8825)[1] = "N"
    jpeg, width, height = pictures.clean(taken("JPEG", exif=told))
    assert (width, height) == (300, 400)
    assert b"Marie" not in jpeg
    with Image.open(BytesIO(jpeg)) as kept:
        assert not dict(kept.getexif())


def test_a_large_one_is_made_smaller() -> None:
    _jpeg, width, height = pictures.clean(taken("JPEG", (5000, 2500)))
    assert (width, height) == (pictures.SIDE, pictures.SIDE // 2)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.7", b"\xff\xd8\xff" + b"\x00" * 100, b"<svg/>" * 50])
def test_what_is_no_photo_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Invalid, match="photo"):
        pictures.clean(data)


def test_a_bomb_is_refused() -> None:
    with pytest.raises(Invalid):
        pictures.clean(taken("PNG", (20000, 20000)))
