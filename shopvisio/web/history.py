"""Who changed which setting, when, from what to what."""

import json
from itertools import groupby

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from shopvisio import settings
from shopvisio.i18n import here
from shopvisio.settings import SettingChange
from shopvisio.web.guard import staff

blueprint = Blueprint("history", __name__)

LINES = 100  # a page


@blueprint.get("/desk/settings/history")
@staff("settings")
def page() -> ResponseReturnValue:
    """The latest changes, of one setting with ``?name=``, or those before a line (``?before=``)."""
    name, line = request.args.get("name", ""), request.args.get("before", "")
    before = int(line) if line.isascii() and line.isdigit() and len(line) < 10 else None
    found, setting = settings.changes(name, before, LINES), settings.SETTINGS.get(name)
    return render_template(
        "desk/settings_history.html",
        days=[(day, list(lines)) for day, lines in groupby(found, key=lambda one: here(one.at).date())],
        setting=setting,
        present=settings.get(name) if setting else "",
        known=settings.SETTINGS,
        told=told,
        older=found[-1].id if len(found) == LINES else 0,
    )


def told(change: SettingChange, value: str) -> str:
    """A side of a change for eyes."""
    try:
        read = json.loads(value)
    except ValueError:
        return value  # the dots of a secret, as earlier releases noted it
    setting = settings.SETTINGS.get(change.name)
    return setting.told(read) if setting else str(read)
