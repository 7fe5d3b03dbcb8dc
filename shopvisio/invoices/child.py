"""The child process that draws a paper: bounded in time and memory, and alone if it fails.

A library that crashes takes the child with it, not the calls; the paper keeps its number and is drawn again.
"""

import logging
import os
import subprocess
import sys
from pathlib import Path

import shopvisio
from shopvisio.errors import Unavailable
from shopvisio.i18n import _

log = logging.getLogger(__name__)

SECONDS = 15.0
ATTEMPTS = 2


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
