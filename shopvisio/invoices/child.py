"""The child process that draws a paper: bounded in time and memory, and alone if it fails.

A library that crashes takes the child with it, not the calls; the paper keeps its number and is drawn again.
"""

import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import shopvisio
from shopvisio.errors import Unavailable
from shopvisio.i18n import _
from shopvisio.invoices.codec import to_json
from shopvisio.invoices.facts import Address, Buyer, Facts, Report, Seller, Snapshot, Visit
from shopvisio.invoices.numbering import Kind
from shopvisio.invoices.totals import total

log = logging.getLogger(__name__)

SECONDS = 15.0
ATTEMPTS = 2

_THEN = datetime(2000, 1, 1, tzinfo=UTC)
_NOBODYS = Snapshot(
    "R2000-000000", Kind.NO_CHARGE_NOTE, _THEN,
    Facts(Seller("", Address(), "", "", "", ""), Buyer(""), "", "", (Visit(_THEN, _THEN),), report=Report("", "", "")),
    total([]),
)


def make_pdf(snapshot_json: str, seconds: float = SECONDS) -> bytes:
    """The PDF of a sealed snapshot; blocks for about a second, so call it from a thread, outside any write.

    Raises Unavailable when it failed twice: nothing is lost, it may be tried again later.
    """
    for _attempt in range(ATTEMPTS):
        try:
            return _run(snapshot_json, seconds)
        except (subprocess.SubprocessError, OSError) as failure:
            log.warning("a paper could not be drawn: %s", _told(failure))
    raise Unavailable(_("Le PDF n’a pas pu être dessiné. Le document existe et garde son numéro ; nous réessayons."))


def self_test() -> float:
    """Draw a paper that is nobody's; how many seconds it took.

    Raises Unavailable when papers cannot be drawn on this machine.
    """
    begun = time.monotonic()
    make_pdf(to_json(_NOBODYS))
    return time.monotonic() - begun


def _run(snapshot_json: str, seconds: float) -> bytes:
    done = subprocess.run(   # our own module, nothing from outside on the command line
        [sys.executable, "-m", "shopvisio.invoices.pdf"], input=snapshot_json.encode(), capture_output=True,
        timeout=seconds, check=True, cwd=Path(shopvisio.__file__).parents[1],
        env={name: os.environ[name] for name in ("PATH", "LANG", "TZ", "PYTHONPATH") if name in os.environ},
    )
    if not done.stdout.startswith(b"%PDF"):
        raise subprocess.SubprocessError("no PDF came out")
    return done.stdout


def _told(failure: Exception) -> str:
    """What went wrong, in one line; the snapshot is never part of it."""
    if isinstance(failure, subprocess.CalledProcessError):
        lines = failure.stderr.decode(errors="replace").strip().splitlines()
        return f"exit {failure.returncode}: {lines[-1] if lines else ''}"
    if isinstance(failure, subprocess.TimeoutExpired):
        return f"more than {failure.timeout:g} s"
    return str(failure)
