"""Drawing a sealed paper: its page is written here, and drawn in a child process; what fails is tried once more.

The paper keeps its number whatever happens, and is drawn again.
"""

import logging
import re
import time
import zlib
from datetime import UTC, datetime

from shopvisio import child
from shopvisio.errors import Unavailable
from shopvisio.i18n import _
from shopvisio.invoices import facturx
from shopvisio.invoices.codec import from_json, to_json
from shopvisio.invoices.facts import Address, Buyer, Facts, Line, Seller, Snapshot, Visit
from shopvisio.invoices.numbering import Kind
from shopvisio.invoices.page import page
from shopvisio.invoices.pdf import ordered
from shopvisio.invoices.totals import Amount, total

log = logging.getLogger(__name__)

SECONDS = 15.0
ATTEMPTS = 2

_THEN = datetime(2000, 1, 1, tzinfo=UTC)
_NOBODYS = Snapshot(
    "F2000-000000", Kind.INVOICE, _THEN,
    Facts(
        Seller("", Address(), "", "", "", ""), Buyer(""), "", "", (Visit(_THEN, _THEN),), lines=(Line("", 2900, 2000),)
    ),
    total([Amount(2900, 2000)]),
)
_WHOLE = (b'pdfaid:part="3"', b"/FontFile", b"+Paper", b"factur-x.xml")  # in every invoice as it should be
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def make_pdf(snapshot_json: str, seconds: float = SECONDS) -> bytes:
    """The PDF of a sealed snapshot; blocks for about a second, so call it from a thread, outside any write.

    Raises Unavailable when it failed twice: nothing is lost, it may be tried again later.
    """
    order = _order(from_json(Snapshot, snapshot_json))
    for _attempt in range(ATTEMPTS):
        try:
            return child.run("shopvisio.invoices.pdf", order, seconds)
        except (Unavailable, OSError) as failure:
            log.warning("a paper could not be drawn: %s", failure)
    raise Unavailable(_("Le PDF n’a pas pu être dessiné. Le document existe et garde son numéro ; nous réessayons."))


def _order(snapshot: Snapshot) -> bytes:
    for_machines = snapshot.kind is not Kind.NO_CHARGE_NOTE and not snapshot.facts.test  # nobody books a specimen
    return ordered(page(snapshot), facturx.xml(snapshot) if for_machines else None, snapshot.issued_at)


def self_test() -> float:
    """Draw an invoice that is nobody's; how many seconds it took.

    Raises Unavailable when papers cannot be drawn on this machine, or come out without their fonts, their data for
    machines or the marks of PDF/A.
    """
    begun = time.monotonic()
    pdf = make_pdf(to_json(_NOBODYS))
    inside = pdf + b"".join(_inflated(stream) for stream in _STREAM.findall(pdf))
    if missing := [mark.decode() for mark in _WHOLE if mark not in inside]:
        raise Unavailable(_("Les papiers se dessinent, mais il y manque : {what}.", what=", ".join(missing)))
    return time.monotonic() - begun


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
