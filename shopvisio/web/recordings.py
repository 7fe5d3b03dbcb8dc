"""Recordings on the case's page: played, saved and erased by staff alone."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from shopvisio import cases, clock, recordings
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import NotFound
from shopvisio.i18n import _
from shopvisio.privacy import forgetting
from shopvisio.recordings import Recording
from shopvisio.web import guard, recorders, uploads
from shopvisio.web.guard import staff
from shopvisio.web.story import CUTS

blueprint = Blueprint("recordings", __name__, url_prefix="/desk/cases")
blueprint.add_app_template_global(recordings.of_case, "recordings_of")
blueprint.add_app_template_global(recordings.goes, "recording_goes")
blueprint.add_app_template_global(recordings.gaps, "recording_gaps")
blueprint.add_app_template_global(lambda why: str(CUTS[why]), "recording_cut")
blueprint.add_app_template_global(recordings.days, "keep_recordings_days")
blueprint.add_app_template_global(recordings.is_on, "recording_is_on")


def _found(key: str) -> Case:
    found = cases.find(key)
    if found is None:
        raise NotFound
    return found


@blueprint.get("/<key>/recording/<int:file_id>.webm")
@staff("cases")
def file(key: str, file_id: int) -> ResponseReturnValue:
    """What one person sent, or the part of it that a player asks for."""
    answer = uploads.send(recordings.file_of(_found(key), file_id).file, "video/webm")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/<key>/recording/<int:recording_id>/erase")
@staff("cases")
def erase(key: str, recording_id: int) -> ResponseReturnValue:
    """Staff erase one before its time."""
    case, me = _found(key), guard.me()
    assert me is not None  # the rule of the view says so
    with writing():
        made = db.session.get(Recording, recording_id)
        if made is None or made.case_id != case.id:
            raise NotFound
        files = recordings.drop(made, me.actor, clock.now())
    forgetting.drop(recorders.folder(), files)
    flash(_("L’enregistrement est effacé."))
    return redirect(url_for("desk.case", key=key), 303)
