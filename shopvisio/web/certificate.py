"""The owner's page of the certificate: what browsers see, until when, what came of the last order and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.support import LazyProxy
from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField

from shopvisio import certificate, clock, hub, reach, settings
from shopvisio.certificate import CertificateTry, Keeper, plan
from shopvisio.config import AUTHORITY, Config
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, Unavailable
from shopvisio.i18n import _, day_year, lazy
from shopvisio.tls import Facts
from shopvisio.web import guard, saving
from shopvisio.web.guard import staff
from shopvisio.web.typed import blame

blueprint = Blueprint("certificate", __name__, url_prefix="/desk/certificate")

LOOK_UP_SECONDS = 4
TERMS = {AUTHORITY: ("Let’s Encrypt", "https://letsencrypt.org/repository/")}  # whose terms the owner agrees to
LATE = 1 / 3  # of its life left: it should have been renewed by now
VERY_LATE = 1 / 6

WHY: Mapping[str, tuple[LazyProxy, LazyProxy]] = {  # by the authority's word: what happened, and the next step
    "dns": (
        lazy("Le nom {name} ne mène nulle part."),
        lazy("Là où vous l’avez acheté, faites-le pointer vers l’adresse de votre box. Cela prend parfois une heure."),
    ),
    "connection": (
        lazy("L’autorité n’a pas pu joindre {name} par le port 80."),
        lazy("Dans la box, redirigez le port TCP 80 vers l’appareil, et ouvrez-le aussi dans le pare-feu IPv6."),
    ),
    "unauthorized": (
        lazy("{name} mène à un autre appareil, qui a répondu à la place de celui-ci."),
        lazy("Vérifiez où pointe le nom, puis vers quel appareil la box redirige le port TCP 80."),
    ),
    "caa": (
        lazy("Le nom {name} interdit à cette autorité de le certifier."),
        lazy("Là où vous l’avez acheté, ôtez ou changez son enregistrement CAA."),
    ),
    "rateLimited": (
        lazy("L’autorité ne veut pas d’autre demande pour le moment."),
        lazy("Rien à faire : l’appareil attend, et redemande tout seul."),
    ),
    "rejectedIdentifier": (
        lazy("L’autorité ne certifie pas le nom {name}."),
        lazy("Vérifiez comment il est écrit."),
    ),
    "unreachable": (
        lazy("L’autorité n’a pas répondu."),
        lazy("L’appareil redemande tout seul. Si cela dure, vérifiez son accès à Internet."),
    ),
    "unusable": (
        lazy("Le certificat reçu ne convient pas : il n’a pas été mis en service."),
        lazy("L’appareil en redemande un tout seul."),
    ),
    "other": (
        lazy("L’autorité a refusé."),
        lazy("Ses mots, ci-dessous, disent pourquoi."),
    ),
}
SAME = {"incorrectResponse": "unauthorized", "tls": "unauthorized", "dnssec": "dns", "malformed": "rejectedIdentifier"}


@dataclass(frozen=True)
class Standing:
    """How it stands in two sentences; ``kind`` is ok, warn or bad."""

    kind: str
    fact: str
    then: str = ""


class NameForm(FlaskForm):  # type: ignore[misc]
    """The shop's name on the internet, and the owner's word that a certificate may be ordered for it."""

    public_name = StringField(
        lazy("Nom public"),
        description=lazy("Ce que tapent vos clients, comme visio.maboutique.fr."),
        render_kw={"maxlength": 260, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    certificate = BooleanField(lazy("Demander un certificat pour ce nom, et le renouveler tout seul"))


def keeper() -> Keeper | None:
    """What serves the certificate; None behind a proxy, which has its own."""
    found: Keeper | None = current_app.extensions.get("certificate")
    return found


def _config() -> Config:
    found: Config = current_app.config["SHOP"]
    return found


@blueprint.get("")
@staff("settings")
def page() -> ResponseReturnValue:
    """How it stands."""
    form = NameForm(formdata=None)
    form.public_name.data = settings.get("public_name")
    form.certificate.data = settings.get("certificate") == "yes"
    return _page(form)


def _page(form: NameForm) -> str:
    now, config, kept = clock.now(), _config(), keeper()
    tries = certificate.latest()
    told = dict(
        form=form,
        standing=standing(now),
        served=kept.served if kept else None,
        how=kept.how if kept else "",
        fault=kept.fault if kept else "",
        life=_life(kept.served, now) if kept else None,
        renewal=plan.renewal(kept.served) if kept else None,
        tries=tries[:5],
        why=why,
        next_order=certificate.due(config, kept, now) if kept else None,
        is_ordering=kept is not None and kept.is_ordering,
        orders=bool(config.tls_port) and not config.tls_cert,
        authority=TERMS.get(config.acme_directory, (settings.host(config.acme_directory), config.acme_directory)),
        paths=(config.tls_cert, config.tls_key),
        name=_name(),
    )
    db.session.rollback()  # hold no transaction while names are looked up
    return render_template("desk/certificate.html", leads_to=_leads_to(_name()), reach=_reach(), **told)


def _name() -> str:
    return settings.host(settings.public_url(_config()))


def _reach() -> reach.Reach | None:
    return getattr(current_app.extensions.get("reach"), "now", None)


def _leads_to(name: str) -> list[str] | None:
    """The addresses behind the shop's name, None where it has none at the moment."""
    if not settings.is_host(name):
        return []
    try:
        return hub.in_thread(reach.resolve, name, timeout=LOOK_UP_SECONDS)
    except (OSError, Unavailable):
        return None


def _life(facts: Facts, now: datetime) -> float:
    """How much of its life is over, in hundredths."""
    return round(max(0.0, min(100.0, 100 * (now - facts.since) / (facts.until - facts.since))), 1)


def why(one: CertificateTry) -> tuple[str, str]:
    """What came of a failed order, in our words."""
    fact, then = WHY.get(SAME.get(one.code, one.code), WHY["other"])
    return str(fact).format(name=one.name), str(then)


def standing(now: datetime) -> Standing:
    """What browsers make of the shop's certificate, and what to do about it."""
    kept = keeper()
    if kept is None:
        return Standing("ok", _("Le certificat est celui de votre serveur d’entrée (proxy)."))
    if kept.fault:
        fact = _("Vos fichiers de certificat ne peuvent pas servir : l’ancien certificat reste en service.")
        return Standing("bad", fact, _("Remettez les deux fichiers ensemble ; ils sont relus chaque minute."))
    until = day_year(kept.served.until)
    if kept.served.until <= now:
        fact = _("Le certificat est fini depuis le {day} : les navigateurs refusent la boutique.", day=until)
        return Standing("bad", fact, _next_step(kept))
    if kept.how == "self":
        return _provisional(kept)
    left = 1 - _life(kept.served, now) / 100
    if left < LATE - 0.01:
        fact = _("Le certificat finit le {day}, et n’est pas encore renouvelé.", day=until)
        return Standing("bad" if left < VERY_LATE else "warn", fact, _next_step(kept))
    return Standing("ok", _("Le certificat est bon jusqu’au {day}.", day=until), _renewed(kept))


def _renewed(kept: Keeper) -> str:
    if kept.how == "own":
        return _("Il vient de vos fichiers, relus chaque minute : remplacez-les, rien d’autre n’est à faire.")
    return _("Il est renouvelé tout seul à partir du {day}.", day=day_year(plan.renewal(kept.served)))


def _provisional(kept: Keeper) -> Standing:
    last = next(iter(certificate.latest()), None)
    if certificate.wish(_config()) is None:
        fact = _("Le certificat est provisoire : les navigateurs avertissent vos clients, et un iPhone n’appelle pas.")
        return Standing("warn", fact, _("Donnez le nom public de la boutique, l’appareil demande le vrai certificat."))
    if last is None or not last.code:
        return Standing("warn", _("Le certificat est demandé."), _("C’est l’affaire d’une minute."))
    return Standing("bad", _("Le certificat n’est pas encore venu."), " ".join(why(last)))


def _next_step(kept: Keeper) -> str:
    last = next(iter(certificate.latest()), None)
    if kept.how == "own":
        return _("Remplacez les deux fichiers ; ils sont relus chaque minute.")
    if last is not None and last.code:
        return " ".join(why(last))
    return _("L’appareil le redemande tout seul.")


@blueprint.post("")
@staff("settings")
def change() -> ResponseReturnValue:
    """Another name, or the owner's word given or taken back."""
    form, now, me = NameForm(), clock.now(), guard.me()
    assert me is not None  # the rule of the view says so
    wanted = bool(form.certificate.data)
    try:
        if wanted and not (form.public_name.data or "").strip():
            raise Invalid(fields={"public_name": _("Donnez le nom que tapent vos clients.")})
        with writing():
            typed = {"public_name": form.public_name.data or "", "certificate": "yes" if wanted else "no"}
            saving.put(typed, me, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _page(form), 422
    flash(_("Enregistré."))
    return _again()


@blueprint.post("/try")
@staff("settings")
def try_now() -> ResponseReturnValue:
    """Something was mended: order as soon as the authority's limits let us."""
    return _again()


def _again() -> ResponseReturnValue:
    """Look, and order what is due, without waiting for the minute."""
    if kept := keeper():
        kept.ask()
    if watch := current_app.extensions.get("reach"):
        watch.again()
    return redirect(url_for("certificate.page"), 303)
