"""Drawing a sealed paper: its page is written here, and drawn in a child process; what fails is tried once more.

The paper keeps its number whatever happens, and is drawn again.
"""

import logging
import time
from datetime import UTC, datetime

from shopvisio import child
from shopvisio.errors import Unavailable
from shopvisio.i18n import _
from shopvisio.invoices import facturx
from shopvisio.invoices.codec import from_json, to_json
from shopvisio.invoices.facts import Address, Buyer, Facts, Report, Seller, Snapshot, Visit
from shopvisio.invoices.numbering import Kind
from shopvisio.invoices.page import page
from shopvisio.invoices.pdf import ordered
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
    """Draw a paper that is nobody's; how many seconds it took.

    Raises Unavailable when papers cannot be drawn on this machine.
    """
    begun = time.monotonic()
    make_pdf(to_json(_NOBODYS))
    return time.monotonic() - begun
