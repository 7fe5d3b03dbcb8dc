"""Customers' photos: re-encoded as JPEG in a child process, turned upright, their metadata left behind."""

import base64
import json
import sys
from io import BytesIO
from pathlib import Path

from shopvisio import child
from shopvisio.errors import Invalid, Unavailable
from shopvisio.i18n import _

LARGEST = 20 << 20  # bytes of one photo as it comes
SIDE = 2560  # pixels of the longer side as it is kept
PIXELS = 120_000_000  # more is no photo of a phone


def clean(data: bytes) -> tuple[bytes, int, int]:
    """JPEG bytes, width and height of a photo in any usual format, HEIC included.

    It blocks, and is heavy: call it by ``hub.in_turn``. Raises Invalid when this is not a picture.
    """
    try:
        told = json.loads(child.run("shopvisio.pictures", data, seconds=30, megabytes=1024))
    except Unavailable:
        raise Invalid(_("Ce fichier n’est pas une photo lisible (JPEG, PNG, HEIC ou WebP).")) from None
    return base64.b64decode(told["jpeg"]), told["width"], told["height"]


def keep(folder: Path, name: str, jpeg: bytes) -> None:
    """Write a cleaned photo into the uploads folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / name).write_bytes(jpeg)


def _main() -> None:
    from PIL import Image, ImageOps  # only the child needs them
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = PIXELS
    with Image.open(BytesIO(sys.stdin.buffer.read()), formats=("JPEG", "PNG", "WEBP", "HEIF", "GIF")) as picture:
        if picture.width * picture.height > PIXELS:
            raise SystemExit("too many pixels")
        picture.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((SIDE, SIDE))
        out = BytesIO()
        upright.convert("RGB").save(out, "JPEG", quality=85, optimize=True)
    told = {"jpeg": base64.b64encode(out.getvalue()).decode(), "width": upright.width, "height": upright.height}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    _main()
