"""The attestation as a page to sign. A child process: what it says comes on standard input, the PDF goes out."""

import json
import sys
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from shopvisio import i18n
from shopvisio.invoices.codec import from_json
from shopvisio.invoices.facts import Seller
from shopvisio.invoices.page import templates
from shopvisio.invoices.pdf import to_pdf


def render(told: str) -> bytes:
    """The PDF of ``attestation.told``."""
    said = json.loads(told)
    on = date.fromisoformat(said["on"])
    with i18n.use(said["language"], ZoneInfo(said["zone"])):
        page = templates().get_template("attestation.html").render(
            seller=from_json(Seller, said["seller"]), version=said["version"], digest=said["digest"], on=on,
            language=said["language"],
        )
        return to_pdf(page, None, datetime.combine(on, time(12), UTC))


if __name__ == "__main__":
    sys.stdout.buffer.write(render(sys.stdin.buffer.read().decode()))
