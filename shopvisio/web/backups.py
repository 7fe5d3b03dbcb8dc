"""The backups on the desk: how they are, one more now, the recovery key, a file to take away."""

from datetime import datetime
from pathlib import Path

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from shopvisio import audit, clock, qr, settings
from shopvisio.backup import bucket, keeping, recovery
from shopvisio.backup.keeping import Backup
from shopvisio.config import Config
from shopvisio.db import db, writing
from shopvisio.errors import NotFound
from shopvisio.i18n import _
from shopvisio.jobs import Job, enqueue, in_trouble
from shopvisio.web import guard, wake_jobs
from shopvisio.web.guard import staff

blueprint = Blueprint("backups", __name__, url_prefix="/desk/backups")


def _config() -> Config:
    config: Config = current_app.config["SHOP"]
    return config


@blueprint.app_template_global()
def backup_tested() -> datetime | None:
    """When a backup was last opened again and found whole."""
    last = keeping.last_test()
    return last.tested if last and not last.fault else None


@blueprint.get("")
@staff("settings")
def page() -> ResponseReturnValue:
    """How they are."""
    return render_template(
        "desk/backups.html",
        has_key=bool(recovery.recipient()),
        rows=keeping.everything(),
        place=keeping.place(_config()),
        is_named=_config().backups != _config().data / "backups",
        test=keeping.last_test(),
        away=keeping.last_away(),
        hour=settings.get("backup_hour"),
        failed=in_trouble("backup"),
        bucket=bucket.chosen(),
        last_sent=keeping.last_sent(),
        unsent=in_trouble("send-backup")[-1:],
        at_work=_at_work(),
        counts=(keeping.DAYS, keeping.WEEKS, keeping.MONTHS),
        bytes_=_bytes,
    )


def _at_work() -> set[str]:
    """Which of the jobs are being done, or about to be."""
    kinds = ("backup", "send-backup", "test-restore")
    due = select(Job.kind).where(Job.kind.in_(kinds), Job.state.in_(("waiting", "running")))
    return set(db.session.scalars(due.where(Job.reason == "", (Job.state == "running") | (Job.due <= clock.now()))))


def _bytes(n: int) -> str:
    """``12 Mo``, ``1,4 Go``."""
    if n < 10_000_000_000:
        return _("{n} Mo", n=max(1, round(n / 1_000_000)))
    return _("{n} Go", n=round(n / 1_000_000_000))


@blueprint.post("")
@staff("settings")
def begin() -> ResponseReturnValue:
    """One more, now: a job, for it takes a while."""
    me = guard.me()
    assert me is not None  # the rule of the view says so
    if not recovery.recipient():
        flash(_("Créez d’abord la clé de secours : sans elle, personne ne pourrait rouvrir la sauvegarde."))
        return redirect(url_for("backups.page"), 303)
    with writing():
        enqueue("backup", clock.now(), by=me.name)
    wake_jobs()
    return redirect(url_for("backups.page"), 303)


@blueprint.post("/test")
@staff("settings")
def test() -> ResponseReturnValue:
    """Open the newest one again, and check all of it."""
    with writing():
        enqueue("test-restore", clock.now())
    wake_jobs()
    return redirect(url_for("backups.page"), 303)


@blueprint.post("/key")
@staff("settings")
def new_key() -> ResponseReturnValue:
    """The recovery key, on the one page that ever shows it."""
    if recovery.recipient() and not request.form.get("again"):
        flash(_("Cochez la case : la nouvelle clé n’ouvrira pas les sauvegardes d’avant."))
        return redirect(url_for("backups.page", _anchor="key"), 303)
    me, key = guard.me(), recovery.new()
    assert me is not None  # the rule of the view says so
    with writing():
        recovery.take(key)
        settings.note_change("recovery-key", me.name, clock.now())
        audit.note("recovery_key", me.name, clock.now())
        enqueue("backup", clock.now(), by=me.name)
    wake_jobs()
    code = Markup(qr.link(key).decode())  # noqa: S704 - our own drawing
    return render_template("desk/recovery_key.html", groups=recovery.for_eyes(key), code=code, day=clock.now())


@blueprint.post("/<int:number>/file")
@staff("settings")
def take(number: int) -> ResponseReturnValue:
    """The file, to keep elsewhere; that it was taken is noted."""
    found = db.session.get(Backup, number)
    if found is None or not found.is_here:
        raise NotFound
    path, me, made = Path(found.path), guard.me(), f"{found.made:%Y-%m-%d %H:%M}Z"
    assert me is not None  # the rule of the view says so
    with writing():
        db.session.get_one(Backup, number).taken = clock.now()
        audit.note("backup_taken", me.name, clock.now(), made=made)
    return send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=path.name)
