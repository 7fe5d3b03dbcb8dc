"""The way back, on an appliance that nobody has claimed yet: behind the same code as the claim."""

import shutil
from datetime import datetime
from pathlib import Path

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import PasswordField, RadioField, SelectChoice, StringField

from shopvisio import accounts, clock, hub, links
from shopvisio.backup import restoring
from shopvisio.backup.keeping import SUFFIX
from shopvisio.backup.order import SECONDS
from shopvisio.claim import Claim
from shopvisio.config import Config
from shopvisio.errors import Forbidden, Invalid, NotFound, Unavailable
from shopvisio.i18n import _, lazy
from shopvisio.web import guard
from shopvisio.web.guard import anybody

blueprint = Blueprint("restoring", __name__, url_prefix="/claim/restore")

SMALLEST = 1 << 20  # bytes of a form that brings no file


class CodeForm(FlaskForm):  # type: ignore[misc]
    """Who stands before the appliance."""

    code = StringField(
        lazy("Code affiché à la fin de l’installation"),
        description=lazy("Seize signes ; les tirets et la casse ne comptent pas."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class FileForm(FlaskForm):  # type: ignore[misc]
    """A backup, from here or from the appliance's own disk, and the key that opens it."""

    file = FileField(lazy("Le fichier de sauvegarde"), description=lazy("Il finit par .tar.age."))
    here = RadioField(lazy("Ou l’une de celles qui sont sur l’appareil"), choices=[], validate_choice=False)
    key = PasswordField(
        lazy("Votre clé de secours"),
        description=lazy("AGE-SECRET-KEY-1 et la suite ; les espaces et la casse ne comptent pas."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


def _config() -> Config:
    config: Config = current_app.config["SHOP"]
    return config


def _claim() -> Claim:
    kept = current_app.extensions["claim"]
    assert isinstance(kept, Claim)
    return kept


def _is_known() -> bool:
    """Whether this browser gave the code that stands now."""
    try:
        told = links.read(guard.secret_key(), links.RESTORE, session.get("restore", ""))
    except NotFound:
        return False
    return told == _claim().code(clock.now())


def room() -> int:
    """How many bytes a backup that is sent may have: a third of what is free, for who gave the code."""
    if accounts.is_claimed() or not _is_known():
        return SMALLEST
    return shutil.disk_usage(_config().data).free // 3


def _until_claimed() -> None:
    if accounts.is_claimed():
        raise NotFound


@blueprint.get("")
@anybody
def page() -> ResponseReturnValue:
    """First the code, then the file."""
    _until_claimed()
    if not _is_known():
        return render_template("door/restore.html", code=CodeForm(formdata=None), form=None)
    return _file_page(FileForm(formdata=None))


def _file_page(form: FileForm) -> str:
    form.here.choices = [SelectChoice(value=path.name, label=path.name) for path in _found()]
    return render_template("door/restore.html", code=None, form=form)


def _found() -> list[Path]:
    """The backups on the disk that the installer named, the newest first."""
    folder = _config().backups
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True) if folder.is_dir() else []


@blueprint.post("")
@anybody
def code() -> ResponseReturnValue:
    """The code, as at the claim."""
    _until_claimed()
    form, now = CodeForm(), clock.now()
    try:
        _claim().check(form.code.data or "", request.remote_addr or "", now)
    except Forbidden as refusal:
        form.code.errors = [refusal.message]
        return render_template("door/restore.html", code=form, form=None), 422
    session["restore"] = links.sign(guard.secret_key(), links.RESTORE, _claim().code(now))
    return redirect(url_for("restoring.page"), 303)


@blueprint.post("/file")
@anybody
def bring() -> ResponseReturnValue:
    """The backup: unpacked, checked, and in its place once the appliance has begun again."""
    _until_claimed()
    if not _is_known():
        return redirect(url_for("restoring.page"), 303)
    form = FileForm()
    try:
        told = _stage(form)
    except (Invalid, Unavailable) as refusal:
        form.file.errors = [refusal.message]
        return _file_page(form), 422
    if begin_again := current_app.extensions.get("begin_again"):
        begin_again()
    return render_template("door/restored.html", made=datetime.fromisoformat(told["made"]), version=told["app"])


def _stage(form: FileForm) -> dict[str, str]:
    sent = form.file.data
    kept = {path.name: path for path in _found()}
    arrived = _config().arriving / "arrived.tar.age"
    try:
        if sent and sent.filename:
            hub.in_thread(sent.save, arrived, timeout=SECONDS)
            file = arrived
        elif form.here.data in kept:
            file = kept[form.here.data]
        else:
            raise Invalid(_("Choisissez un fichier de sauvegarde."))
        key, config = form.key.data or "", _config()
        told: dict[str, str] = hub.in_thread(restoring.stage, file, config.data, config.secrets, key, timeout=SECONDS)
        return told
    finally:
        arrived.unlink(missing_ok=True)
