"""The books on the desk, for the owner and the accountant: closings, sheets, archives, the attestation."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from shopvisio import __version__, attestation, books, child, clock, hub, payments, settings
from shopvisio.books import Archive
from shopvisio.db import db, writing
from shopvisio.errors import NotFound
from shopvisio.i18n import day, month
from shopvisio.jobs import enqueue, in_trouble
from shopvisio.web import guard, wake_jobs
from shopvisio.web.guard import staff

blueprint = Blueprint("books", __name__, url_prefix="/desk/books")

DRAW_SECONDS = 30.0
TALL = 100  # of the tallest bar


@dataclass(frozen=True)
class Line:
    """A month or a day: its name for eyes, its figures, whether it is closed; ``bar`` from 0 to TALL."""

    period: str
    name: str
    told: dict[str, Any]
    seal: str
    bar: float = 0

    @property
    def net(self) -> int:
        """Without tax, credit notes taken off."""
        return sum(figures[0] for figures in self.told["rates"].values())

    @property
    def vat(self) -> int:
        """The VAT of it."""
        return sum(figures[1] for figures in self.told["rates"].values())

    @property
    def received(self) -> int:
        """Money in, less money given back."""
        return int(sum(self.told["received"].values()) - sum(self.told["given_back"].values()))


@blueprint.get("")
@staff("papers")
def index() -> ResponseReturnValue:
    """The year that runs."""
    return redirect(url_for("books.period", period=f"{_today():%Y}"))


def _today() -> Any:
    return clock.now().astimezone(settings.zone()).date()


@blueprint.get("/<period>")
@staff("papers")
def period(period: str) -> ResponseReturnValue:
    """A year by months (``2026``), or a month by days (``2026-11``), the newest first."""
    books.span_of(period)
    is_year = len(period) == 4
    lines = _lines(period, "month" if is_year else "day")
    running = f"{_today():%Y-%m}" if is_year else f"{_today():%Y-%m-%d}"
    if running.startswith(period):
        lines.insert(0, Line(running, _name(running), books.so_far(f"{_today():%Y-%m}" if is_year else ""), ""))
    whole = books.so_far(period) if running.startswith(period) else _whole(period)
    return render_template(
        "desk/books.html",
        period=period,
        name=_name(period),
        is_year=is_year,
        years=books.years() or [_today().year],
        lines=lines,
        bars=_bars(lines),
        whole=Line(period, _name(period), whole, ""),
        unpaid=payments.owed_in_all(),
        sheets=books.SHEETS,
        methods=payments.METHODS,
        rates=settings.VAT_RATES | {"0": "0 %"},
        archives=books.archived(),
        failed=in_trouble("archive"),
        version=__version__,
        digest=attestation.digest(),
    )


def _lines(period: str, kind: str) -> list[Line]:
    return [Line(one.period, _name(one.period), one.told, one.hash) for one in books.closed(kind, f"{period}-")]


def _whole(period: str) -> dict[str, Any]:
    kept = books.closed("year" if len(period) == 4 else "month", period)
    if not kept:
        raise NotFound
    return kept[0].told


def _name(period: str) -> str:
    """``2026``, ``novembre 2026``, ``mercredi 25 novembre``."""
    start, _end = books.span_of(period[:7] if len(period) > 7 else period)
    if len(period) == 4:
        return period
    return month(start) if len(period) == 7 else day(start.astimezone(settings.zone()).replace(day=int(period[8:])))


def _bars(lines: list[Line]) -> list[tuple[str, int, float]]:
    """What each line came to, oldest first: name, cents, height."""
    sums = [(line.name, line.told["invoiced"] - line.told["credited"]) for line in reversed(lines)]
    highest = max((cents for _label, cents in sums), default=0)
    return [(label, cents, TALL * max(0, cents) / highest if highest > 0 else 0) for label, cents in sums]


@blueprint.get("/<period>/<name>.csv")
@staff("papers")
def sheet(period: str, name: str) -> ResponseReturnValue:
    """A sheet for the accountant."""
    if name not in books.SHEETS:
        raise NotFound
    headers = {"Content-Disposition": f'attachment; filename="{name}-{period}.csv"'}
    return Response(books.sheet(name, period), mimetype="text/csv", headers=headers)


@blueprint.get("/<int:year>/fec.txt")
@staff("papers")
def entries(year: int) -> ResponseReturnValue:
    """The year's accounting entries in the French layout."""
    if year not in books.years():
        raise NotFound
    name, text = books.entries(year)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="text/plain", headers=headers)


@blueprint.post("/archives/<int:year>")
@staff("papers")
def archive(year: int) -> ResponseReturnValue:
    """Make the archive of a year: a job, for it takes a while."""
    if year not in books.years():
        raise NotFound
    me = guard.me()
    assert me is not None  # the rule of the view says so
    with writing():
        enqueue("archive", clock.now(), year=year, by=me.name)
    wake_jobs()
    return redirect(url_for("books.period", period=str(year), _anchor="archives"), 303)


@blueprint.get("/archives/<int:archive_id>.zip")
@staff("papers")
def archived(archive_id: int) -> ResponseReturnValue:
    """An archive that was made."""
    found = db.session.get(Archive, archive_id)
    if found is None:
        raise NotFound
    return send_from_directory(current_app.config["SHOP"].archives, found.file, as_attachment=True)


@blueprint.get("/attestation.pdf")
@staff("papers")
def attest() -> ResponseReturnValue:
    """The page to sign."""
    told = attestation.told(_today())
    db.session.rollback()
    pdf = hub.in_turn(child.run, "shopvisio.invoices.attest", told.encode(), DRAW_SECONDS, timeout=2 * DRAW_SECONDS)
    headers = {"Content-Disposition": f'inline; filename="attestation-{__version__}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)
