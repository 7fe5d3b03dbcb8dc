"""Photos that are sent to us: looked at for their weight, cleaned in their turn, kept in the uploads folder."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from io import SEEK_END
from pathlib import Path
from typing import IO

from flask import current_app, request, send_from_directory
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from shopvisio import hub, pictures, pieces
from shopvisio.db import public_id
from shopvisio.errors import Invalid, ShopVisioError
from shopvisio.i18n import _
from shopvisio.pictures import Clean


@dataclass(frozen=True)
class Cleaned:
    """A photo in the uploads folder that no row names yet."""

    file: str
    width: int
    height: int


def keep(file: FileStorage) -> Cleaned:
    """Clean a photo of a form and keep it, as :func:`keep_stream`."""
    with file.stream as stream:
        return keep_stream(stream, pictures.SIDE)


def keep_stream(stream: IO[bytes], side: int) -> Cleaned:
    """Clean a photo and keep it, its longer side at most ``side`` pixels, with a small copy beside it for lists.

    Raises Invalid when it is too heavy, or no photo, Unavailable when there is no room: then nothing is left of it.
    """
    if stream.seek(0, SEEK_END) > pictures.LARGEST:
        raise Invalid(_("cette photo est trop lourde, 20 Mo au plus."))
    stream.seek(0)
    made = hub.in_turn(_read_and_clean, stream, side, pictures.SMALL)
    name = f"{public_id(20)}.jpg"
    try:
        for kept, picture in zip((name, pictures.small(name)), made, strict=True):
            pictures.keep(_folder(), kept, picture.jpeg)
    except OSError as error:
        forget([name])
        raise pieces.no_room(error) from None
    return Cleaned(name, made[0].width, made[0].height)


def usable(files: Iterable[FileStorage], room: int, most: int) -> tuple[list[Cleaned], str]:
    """The photos that can be used, kept, and why another cannot: there is ``room`` for so many, of ``most``."""
    given = [file for file in files if file.filename]
    kept: list[Cleaned] = []
    refusal = _("{n} photos suffisent.", n=most) if len(given) > room else ""
    for file in given[:room]:
        try:
            kept.append(keep(file))
        except ShopVisioError as error:
            refusal = f"{file.filename}\u00a0: {error.message or _('cette photo n’a pas pu être lue.')}"
    return kept, refusal


def _read_and_clean(stream: IO[bytes], *sides: int) -> list[Clean]:
    """Read in its turn only: the photos that wait for theirs stay on the disk."""
    return pictures.sized(stream.read(), *sides)


def copy(file: str) -> str:
    """A kept photo once more, under a name of its own: it outlives the first."""
    name = f"{public_id(20)}.jpg"
    shutil.copyfile(_folder() / file, _folder() / name)
    return name


def forget(files: Iterable[str]) -> None:
    """Delete photos that no row names any more."""
    for file in files:
        for name in (file, pictures.small(file)):
            (_folder() / name).unlink(missing_ok=True)


def send(file: str, kind: str = "image/jpeg") -> Response:
    """A kept photo, or a file of another kind, as an answer; with ``?small`` the photo's small copy, which those of
    earlier releases have not all."""
    small = pictures.small(file)
    is_small = "small" in request.args and (_folder() / small).exists()
    return send_from_directory(_folder(), small if is_small else file, mimetype=kind)


def arriving() -> Path:
    """Where photos are while they come in."""
    folder: Path = current_app.config["SHOP"].arriving
    return folder


def _folder() -> Path:
    folder: Path = current_app.config["SHOP"].uploads
    return folder
