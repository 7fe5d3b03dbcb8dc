"""The shop in figures, by month: for each measure its sum over a year, a bar a month, and the same as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babel.support import LazyProxy
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from shopvisio import clock, open_repair, overview, ratings, settings
from shopvisio.cases import BARRIERS
from shopvisio.errors import NotFound
from shopvisio.i18n import _, day_short, decimal, lazy, money, month_short, n_
from shopvisio.overview import Month, Sales
from shopvisio.web.guard import staff

blueprint = Blueprint("overview", __name__, url_prefix="/desk/figures")

Text = str | LazyProxy

FEW = 5  # less than this is told as counts, and drawn hollow: no rate can be read from it
GAP = 0.24  # of a month's width, between two bars
LATEST = 10  # ratings


@dataclass(frozen=True)
class Measure:
    """What is told of a month: ``of`` is how many things it is reckoned from, ``sum`` what they add up to; its value is
    the one by the other. ``top`` is the scale's end, None where the highest month is; ``words`` says a value."""

    name: LazyProxy
    of: Callable[[Month], int]
    sum: Callable[[Month], float]
    words: Callable[[float], str]
    things: Callable[[int], str]  # "sur 12 réparations"
    top: float | None = None


@dataclass(frozen=True)
class Bar:
    """A month of a plot, in a box of 100 by 100. ``is_hollow`` where there are few things; no height where none."""

    x: float
    width: float
    height: float
    is_hollow: bool


@dataclass(frozen=True)
class Plot:
    """A measure over the months: what it comes to in all, from how many things, and its bars and cells."""

    name: Text
    value: str
    things: str
    is_few: bool
    top: str
    bars: list[Bar]
    cells: list[str]


def _percent(value: float) -> str:
    return _("{n} %", n=round(100 * value))


def _stars(value: float) -> str:
    return _("{n} sur 5", n=decimal(value))


def _minutes(value: float) -> str:
    return _("{n} min", n=round(value))


def _repairs(n: int) -> str:
    return n_("sur {n} réparation conclue", "sur {n} réparations conclues", n)


MEASURES = (
    Measure(lazy("Réparé"), lambda m: m.concluded, lambda m: m.repaired, _percent, _repairs, 1),
    Measure(lazy("Minutes d’appel par réparation"), lambda m: m.concluded, lambda m: m.minutes, _minutes, _repairs),
    Measure(lazy("Appels par réparation"), lambda m: m.concluded, lambda m: m.visits, decimal, _repairs),
    Measure(
        lazy("Absents"),
        lambda m: m.appointments,
        lambda m: m.missed,
        _percent,
        lambda n: n_("sur {n} rendez-vous passé", "sur {n} rendez-vous passés", n),
        1,
    ),
    Measure(
        lazy("Note des clients"),
        lambda m: m.ratings,
        lambda m: m.stars,
        _stars,
        lambda n: n_("sur {n} note", "sur {n} notes", n),
        5,
    ),
    Measure(
        lazy("Marche toujours"),
        lambda m: m.answered,
        lambda m: m.works,
        _percent,
        lambda n: n_("sur {n} réponse", "sur {n} réponses", n),
        1,
    ),
    Measure(
        lazy("Ventes conclues"),
        lambda m: m.sold + m.not_sold,
        lambda m: m.sold,
        _percent,
        lambda n: n_("sur {n} visite d’achat", "sur {n} visites d’achat", n),
        1,
    ),
    Measure(
        lazy("Commande moyenne"),
        lambda m: m.orders,
        lambda m: m.ordered,
        lambda cents: money(round(cents)),
        lambda n: n_("sur {n} commande", "sur {n} commandes", n),
    ),
    Measure(
        lazy("Sans reconnexion"),
        lambda m: m.connections,
        lambda m: m.connections - m.redialled,
        _percent,
        lambda n: n_("sur {n} connexion", "sur {n} connexions", n),
        1,
    ),
)
COUNTS: tuple[tuple[LazyProxy, Callable[[Month], int]], ...] = (
    (lazy("Rendez-vous passés"), lambda m: m.appointments),
    (lazy("Réparés"), lambda m: m.repaired),
    (lazy("Non réparés"), lambda m: m.not_repaired),
    (lazy("Revenus sous garantie"), lambda m: m.returned),
    (lazy("Vendus"), lambda m: m.sold),
    (lazy("Commandes"), lambda m: m.orders),
)


@blueprint.get("")
@staff("figures")
def page() -> ResponseReturnValue:
    """The last twelve months."""
    now = clock.now()
    months = overview.months(now)
    parts, oldest = overview.parts_out(now)
    return render_template(
        "desk/overview.html",
        months=[month_short(month.first) for month in months],
        plots=[plot(measure, months) for measure in MEASURES],
        counts=[(name, sum(map(of, months)), [of(month) for month in months]) for name, of in COUNTS],
        links=_links(months),
        barriers=[(BARRIERS[name], n) for name, n in overview.barriers(now)],
        weeks=[day_short(monday) for monday in overview.weeks(now)],
        sales=[sold(sales) for sales in overview.sales(now)],
        parts=parts,
        oldest=oldest,
        ratings=ratings.latest(LATEST),
        few=FEW,
        shared=open_repair.shared() if settings.get("open_repair") == "yes" else None,
    )


@blueprint.get("/open-repair.csv")
@staff("figures")
def open_repairs() -> ResponseReturnValue:
    """What came of each repair, in the Open Repair Data Standard, where the owner chose to share it."""
    if settings.get("open_repair") != "yes":
        raise NotFound
    headers = {"Content-Disposition": f'attachment; filename="{open_repair.file_name(clock.now())}"'}
    return Response(open_repair.shared().csv(), mimetype="text/csv", headers=headers)


def plot(measure: Measure, months: Sequence[Month]) -> Plot:
    """A measure of these months, drawn and told."""
    told = [(measure.of(month), measure.sum(month)) for month in months]
    n, total = sum(of for of, _sum in told), sum(part for _of, part in told)
    values = [part / of if of else None for of, part in told]
    top = measure.top or max((value for value in values if value is not None), default=0) or 1
    width = 100 / len(months)
    return Plot(
        name=measure.name,
        value=measure.words(total / n) if n else "–",
        things=measure.things(n),
        is_few=n < FEW,
        top=measure.words(top),
        bars=[
            Bar(
                x=round(width * (place + GAP / 2), 2),
                width=round(width * (1 - GAP), 2),
                height=0 if value is None else round(max(100 * value / top, 1.5), 2),
                is_hollow=of < FEW,
            )
            for place, (value, (of, _sum)) in enumerate(zip(values, told, strict=True))
        ],
        cells=[f"{measure.words(part / of)} ({of})" if of else "–" for of, part in told],
    )


def sold(sales: Sales) -> Plot:
    """What a colleague's customers ordered week by week, drawn and told."""
    top, width = max(sales.ordered) or 1, 100 / len(sales.ordered)
    told = n_("{sold} vendue, sur {n} visite", "{sold} vendues, sur {n} visites", sales.visits, sold=sales.sold)
    return Plot(
        name=sales.name,
        value=money(sum(sales.ordered)),
        things=told if sales.visits else "",
        is_few=False,
        top=money(top),
        bars=[
            Bar(round(width * (place + GAP / 2), 2), round(width * (1 - GAP), 2), round(100 * cents / top, 2), False)
            for place, cents in enumerate(sales.ordered)
        ],
        cells=[money(cents) for cents in sales.ordered],
    )


def _links(months: Sequence[Month]) -> str:
    """The calls' round trip and loss over the months, weighed by connections; empty where none was measured."""
    known = [(month, month.connections) for month in months if month.rtt is not None]
    n = sum(of for _month, of in known)
    if not n:
        return ""
    rtt = sum((month.rtt or 0) * of for month, of in known) / n
    loss = sum((month.loss or 0) * of for month, of in known) / n / 10
    return _("Aller-retour moyen {rtt} ms, paquets perdus {loss} %", rtt=round(rtt), loss=decimal(loss))
