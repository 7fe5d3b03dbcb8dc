"""A customer's estimate in, its PDF out, as ``pdf`` does for a report (``python -m shopvisio.sheet.estimate``)."""

import sys
from zoneinfo import ZoneInfo

from shopvisio import i18n
from shopvisio.invoices.codec import from_json
from shopvisio.invoices.pdf import to_pdf
from shopvisio.sheet import Estimate
from shopvisio.sheet.pdf import templates


def render(estimate_json: str) -> bytes:
    """The PDF of an estimate. Heavy, and fatal where a library fails: for the child process only."""
    estimate = from_json(Estimate, estimate_json)
    with i18n.use(estimate.language, ZoneInfo(estimate.zone)):
        return to_pdf(page(estimate), None, estimate.made)


def page(estimate: Estimate) -> str:
    """The estimate as HTML, for a reader whose language is in use."""
    return templates().get_template("estimate.html").render(estimate=estimate, shop=estimate.shop)


if __name__ == "__main__":
    sys.stdout.buffer.write(render(sys.stdin.buffer.read().decode()))
