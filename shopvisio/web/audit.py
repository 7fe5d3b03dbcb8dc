"""The log of acts, for the owner."""

from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from shopvisio import audit, settings
from shopvisio.audit import Act
from shopvisio.i18n import here
from shopvisio.web.guard import staff

blueprint = Blueprint("audit", __name__)

LINES = 100  # a page


@blueprint.get("/desk/acts")
@staff("staff")
def page() -> ResponseReturnValue:
    """The latest acts, or those before a line of the log (``?before=``)."""
    line = request.args.get("before", "")
    acts = audit.before(int(line) if line.isascii() and line.isdigit() and len(line) < 10 else None, LINES)
    days = [(day, list(lines)) for day, lines in groupby(acts, key=lambda act: here(act.at).date())]
    return render_template("desk/acts.html", days=days, told=_told, older=acts[-1].id if len(acts) == LINES else 0)


def _told(act: Act) -> str:
    """The sentence of a line."""
    facts: dict[str, Any] = act.told
    if "names" in facts:
        facts["names"] = ", ".join(str(settings.SETTINGS[n].label) for n in facts["names"] if n in settings.SETTINGS)
    return str(audit.KINDS[act.kind]).format(**facts) if act.kind in audit.KINDS else act.kind
