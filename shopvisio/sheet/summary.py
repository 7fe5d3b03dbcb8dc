"""The summary of a sale in, its PDF out, as ``estimate`` does (``python -m shopvisio.sheet.summary``)."""

import sys
from zoneinfo import ZoneInfo

from shopvisio import i18n
from shopvisio.invoices.codec import from_json
from shopvisio.invoices.pdf import to_pdf
from shopvisio.sheet import Summary
from shopvisio.sheet.pdf import templates


def render(summary_json: str) -> bytes:
    """The PDF of a summary. Heavy, and fatal where a library fails: for the child process only."""
    summary = from_json(Summary, summary_json)
    with i18n.use(summary.language, ZoneInfo(summary.zone)):
        return to_pdf(page(summary), None, summary.made)


def page(summary: Summary) -> str:
    """The summary as HTML, for a reader whose language is in use."""
    return templates().get_template("summary.html").render(summary=summary, shop=summary.shop)


if __name__ == "__main__":
    sys.stdout.buffer.write(render(sys.stdin.buffer.read().decode()))
