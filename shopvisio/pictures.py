"""People's photos: re-encoded as JPEG in a child process, turned upright, their metadata left behind."""

import base64
import json
import sys
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from shopvisio import child
from shopvisio.errors import Invalid, Unavailable
from shopvisio.i18n import _

LARGEST = 20 << 20  # bytes of one photo as it comes
SIDE = 2560  # pixels of the longer side as it is kept
SMALL = 1280  # of its copy for lists and narrow lines
EMBLEM_SIDES = (480, 360, 240, 160)  # of a logo: the first that fits in
EMBLEM_BYTES = 30_000  # it lies in every sealed paper
PIXELS = 120_000_000  # more is no photo of a phone


class Clean(NamedTuple):
    """A picture that holds nothing but itself."""

    jpeg: bytes
    width: int
    height: int


def clean(data: bytes, side: int = SIDE) -> Clean:
    """A photo in any usual format, HEIC included, its longer side at most ``side`` pixels. As :func:`sized`."""
    return sized(data, side)[0]


def sized(data: bytes, *sides: int) -> list[Clean]:
    """The same photo once for each of these longest sides, the largest first.

    It blocks, and is heavy: call it by ``hub.in_turn``. Raises Invalid when this is not a picture.
    """
    asked = json.dumps(sides).encode() + b"\n"
    try:
        told = json.loads(child.run("shopvisio.pictures", asked + data, seconds=30, megabytes=1024))
    except Unavailable:
        raise Invalid(_("Ce fichier n’est pas une photo lisible (JPEG, PNG, HEIC ou WebP).")) from None
    return [Clean(base64.b64decode(one["jpeg"]), one["width"], one["height"]) for one in told]


def emblem(data: bytes) -> bytes:
    """A logo as PNG, what is empty around it cut off, small enough for every paper. Blocks, as :func:`sized`.

    Raises Invalid when this is not a picture of points: drawings (SVG) may carry programs, and are not taken.
    """
    if data.lstrip()[:1] == b"<":
        raise Invalid(_("Un dessin SVG peut cacher un programme : enregistrez-le en PNG, puis recommencez."))
    try:
        return child.run("shopvisio.pictures", b"emblem\n" + data, seconds=20, megabytes=1024)
    except Unavailable:
        raise Invalid(_("Ce fichier n’est pas une image lisible (PNG, JPEG ou WebP).")) from None


def small(file: str) -> str:
    """What the small copy beside a kept photo is called."""
    return file.replace(".jpg", ".small.jpg")


def keep(folder: Path, name: str, jpeg: bytes) -> None:
    """Write a cleaned photo into the uploads folder, whole or not at all. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = folder / f"{name}.part"
    try:
        begun.write_bytes(jpeg)
        begun.replace(folder / name)
    except OSError:
        begun.unlink(missing_ok=True)
        raise


def _emblem(data: bytes) -> bytes:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS
    with Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF")) as picture:
        if picture.width * picture.height > PIXELS:
            raise SystemExit("too many pixels")
        made = picture.convert("RGBA")
    made = made.crop(made.getchannel("A").getbbox() or (0, 0, *made.size))
    for side in EMBLEM_SIDES:
        made.thumbnail((side, side))
        for one in (made, made.quantize(256, Image.Quantize.FASTOCTREE)):
            out = BytesIO()
            one.save(out, "PNG", optimize=True)
            if out.tell() <= EMBLEM_BYTES:
                return out.getvalue()
    raise SystemExit("too heavy")  # 160 by 160 points of 256 colours are less


def _main() -> None:
    from PIL import Image, ImageOps  # only the child needs them
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = PIXELS
    asked, _end, data = sys.stdin.buffer.read().partition(b"\n")
    if asked == b"emblem":
        sys.stdout.buffer.write(_emblem(data))
        return
    made = []
    with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP", "HEIF", "GIF")) as picture:
        if picture.width * picture.height > PIXELS:
            raise SystemExit("too many pixels")
        sides = json.loads(asked)
        picture.draft("RGB", (sides[0], sides[0]))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        for side in sides:
            upright.thumbnail((side, side))
            out = BytesIO()
            upright.save(out, "JPEG", quality=85, optimize=True)
            made.append((out.getvalue(), upright.width, upright.height))
    told = [{"jpeg": base64.b64encode(jpeg).decode(), "width": w, "height": h} for jpeg, w, h in made]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    _main()
