"""A photo that comes in pieces: what arrived stays on the disk, so that a cut line goes on where it stopped."""

import errno
import logging
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from shopvisio.errors import Conflict, Unavailable
from shopvisio.i18n import _

log = logging.getLogger(__name__)

BLOCK = 16 << 10  # bytes written at once: what a cut loses at most
UNFINISHED = 6  # of one sender: where more are begun the oldest is given up
LASTS = timedelta(days=1)
RESERVE = 256 << 20  # bytes left to the base and the papers: photos stop before the disk is full


class Part:
    """What has arrived of one photo, in a file ``<sender>.<once>.part`` of this folder.

    The same bytes may come twice, by a connection thought dead and by its successor: each is written at its own place.
    """

    def __init__(self, folder: Path, sender: str, once: str) -> None:
        self.path = folder / f"{sender}.{once}.part"
        self._sender = sender

    @property
    def held(self) -> int:
        """How many bytes are here, from the beginning."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def add(self, stream: IO[bytes], start: int, stop: int) -> None:
        """Write ``stop - start`` bytes from ``start`` on as they come; those that came before a cut stay.

        Raises Conflict where bytes before them are missing, Unavailable when there is no room, and what the stream
        raises when it is cut.
        """
        check_room(self.path.parent)
        self._follow_on(start)
        while start < stop and (block := stream.read(min(BLOCK, stop - start))):
            self._write(block, start)
            start += len(block)

    def _follow_on(self, start: int) -> None:
        if start > self.held:
            raise Conflict

    def _write(self, block: bytes, start: int) -> None:
        self._follow_on(start)  # again: while the block came it may have become whole, and be kept elsewhere
        if not start:
            self._make_room()
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(file, block, start)
            finally:
                os.close(file)
        except OSError as error:
            self.forget()
            raise no_room(error) from None

    def _make_room(self) -> None:
        others = [one for one in self.path.parent.glob(f"{self._sender}.*.part") if one != self.path]
        for one in sorted(others, key=_age)[: max(0, len(others) - UNFINISHED + 1)]:
            one.unlink(missing_ok=True)

    def forget(self) -> None:
        """It is kept elsewhere, or not wanted."""
        self.path.unlink(missing_ok=True)


def check_room(folder: Path) -> None:
    """Raises Unavailable when the disk is needed for what matters more than photos."""
    if shutil.disk_usage(folder).free < RESERVE:
        raise no_room(OSError(errno.ENOSPC, "the reserve is reached"))


def no_room(error: OSError) -> Unavailable:
    """What to tell somebody whose photo cannot be written."""
    log.error("no room for a photo", extra={"why": error.strerror})
    told = _("Il n’y a plus de place pour des photos chez nous. Dites-le-nous, de vive voix ou par téléphone.")
    return Unavailable(told)


def sweep(folder: Path, now: datetime) -> None:
    """Give up what was begun long ago and never finished."""
    for part in folder.glob("*.part"):
        if _age(part) < (now - LASTS).timestamp():
            part.unlink(missing_ok=True)


def _age(part: Path) -> float:
    try:
        return part.stat().st_mtime
    except FileNotFoundError:  # finished meanwhile
        return float("inf")
