"""How the appliance is, on one page for the owner, with a report to copy that names nobody."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from shopvisio import (
    __version__,
    attestation,
    clock,
    hub,
    knocks,
    log,
    mail,
    reach,
    settings,
    timekeeping,
    timeserver,
)
from shopvisio.accounts import Customer, Staff
from shopvisio.backup import keeping
from shopvisio.cards.hearing import hearing
from shopvisio.config import Config, lan_address
from shopvisio.db import db
from shopvisio.errors import MailFailed, Unavailable
from shopvisio.i18n import _, decimal, when
from shopvisio.papertest import PaperTest, Tried
from shopvisio.scrub import scrub
from shopvisio.settings import SETTINGS
from shopvisio.web import certificate
from shopvisio.web.guard import staff
from shopvisio.web.troubles import LITTLE_ROOM, MINUTE, length, takes_writes

blueprint = Blueprint("diagnosis", __name__, url_prefix="/desk/diagnosis")

STARTED = monotonic()
APART = timedelta(seconds=10)  # between two tries: they cost a process and other people's servers
MB = 1 << 20
LATE = 0.1  # seconds that the loop of the media may be late, in 99 of 100 looks
MAIL_SECONDS, NAME_SECONDS = 45, 8
IDENTIFYING = (settings.SHOP, settings.PAPERS, settings.MAIL, settings.NETWORK)  # their values say whose shop it is


@dataclass(frozen=True)
class Line:
    """One thing looked at: what it is, how it is, ok, warn, bad or "" for what is only told; where it is mended."""

    name: str
    value: str
    kind: str = ""
    url: str = ""


@dataclass
class Checks:
    """What was tried when the owner asked last, and when."""

    at: datetime | None = None
    lines: list[Line] = field(default_factory=list)


_checks = Checks()


def _config() -> Config:
    found: Config = current_app.config["SHOP"]
    return found


@blueprint.get("")
@staff("settings")
def page() -> ResponseReturnValue:
    """How everything is right now, and what was tried last."""
    now = clock.now()
    lines = [line for group in (_appliance(now), _base(), _drawing(), _ways(now), _media()) for line in group]
    return render_template("desk/diagnosis.html", lines=lines, checks=_checks, report=_report(lines, now))


@blueprint.post("")
@staff("settings")
def check() -> ResponseReturnValue:
    """Try what cannot be seen by looking: the mail server, a paper drawn, the shop's name."""
    if _checks.at and abs(clock.now() - _checks.at) < APART:
        return redirect(url_for("diagnosis.page"), 303)
    server, home = mail.server(), settings.public_url(_config())
    name = settings.host(home)
    db.session.rollback()  # hold no transaction while the world answers
    lines = [_mail_server(server) if server.host else Line(_("Serveur d’envoi"), _("pas réglé"), "warn"), _drawn()]
    if settings.is_host(name):
        lines += [_name(name), _inside(home)]
    _checks.at, _checks.lines = clock.now(), lines  # what was found before stands until then
    return redirect(url_for("diagnosis.page"), 303)


# -- what is seen by looking


def _appliance(now: datetime) -> Iterator[Line]:
    yield Line(_("Version"), f"{__version__} ({attestation.digest()[:12]})")
    yield Line(_("En service depuis"), length(monotonic() - STARTED))
    yield from _clock(now)


def _clock(now: datetime) -> Iterator[Line]:
    late = timekeeping.behind(now)
    watch: timekeeping.Watch | None = current_app.extensions.get("timekeeping")
    off = watch.leapt(now) if watch else None
    fact = _("retarde de {length}", length=length(late.total_seconds())) if late else when(now)
    if off and not late:
        fact = _("{when}, après un saut de {length}", when=when(now), length=length(abs(off.total_seconds())))
    yield Line(_("Horloge"), fact, "bad" if late else "warn" if off else "ok")
    compared: timeserver.Comparison | None = current_app.extensions.get("timeserver")
    if compared and compared.server:
        seconds = abs(clock.ahead().total_seconds())
        told = _("écart de {n} s", n=decimal(seconds)) if seconds < MINUTE else _("écart de {n}", n=length(seconds))
        kind = "ok" if abs(clock.ahead()) <= clock.TRUSTED else "bad"
        yield Line(_("Serveur d’heure"), compared.fault or told, "warn" if compared.fault else kind)


def _base() -> Iterator[Line]:
    disk = shutil.disk_usage(_config().data)
    free, total = (decimal(size / (MB << 10)) for size in (disk.free, disk.total))
    is_sound = takes_writes(_config().data)
    told = _("{free} Go libres sur {total}", free=free, total=total) if is_sound else _("ne prend plus rien")
    yield Line(_("Disque"), told, "ok" if is_sound and disk.free >= LITTLE_ROOM else "bad")
    base = _config().data / "shop.db"
    yield Line(_("Base"), _("{n} Mo", n=decimal(base.stat().st_size / MB)) if base.exists() else "–")
    last, tested, url = keeping.latest(), keeping.last_test(), url_for("backups.page")
    yield Line(_("Dernière sauvegarde"), when(last.made) if last else _("aucune"), "ok" if last else "warn", url)
    if tested and tested.tested:
        yield Line(_("Sauvegarde rouverte"), tested.fault or when(tested.tested), "bad" if tested.fault else "ok", url)


def _drawing() -> Iterator[Line]:
    last, name = _papertest().last, _("Papiers")
    if last is None:
        yield Line(name, _("essayés une minute après le démarrage"))
    else:
        yield Line(name, last.fault or _("un papier dessiné pour essai {when}", when=when(last.at)), _kind(last))


def _papertest() -> PaperTest:
    found: PaperTest = current_app.extensions.setdefault("papertest", PaperTest())
    return found


def _kind(tried: Tried) -> str:
    return "bad" if tried.fault else "ok"


def _ways(now: datetime) -> Iterator[Line]:
    stands = certificate.standing(now)
    yield Line(_("Certificat"), stands.fact, stands.kind, url_for("certificate.page"))
    known: reach.Reach | None = getattr(current_app.extensions.get("reach"), "now", None)
    addresses = ", ".join(known.addresses) if known else ""
    yield Line(_("Nom public"), settings.public_url(_config()) or _("aucun"), "", url_for("certificate.page"))
    fault = known is not None and bool(known.fault or known.astray)
    yield Line(_("Adresse publique"), addresses or _("inconnue"), "warn" if fault or not addresses else "ok")
    config = _config()
    ports = [f"TCP {port}" for port in (config.port, config.tls_port) if port] + [f"UDP {config.media_port}"]
    yield Line(_("Ports"), f"{lan_address()} : {', '.join(ports)}")
    proven = knocks.proven()
    told = _("pas encore prouvé")
    if proven:
        told = _("prouvé {when}, IPv{family}", when=when(proven.at), family=proven.family)
    yield Line(_("Accès de l’extérieur"), told, "ok" if proven else "warn", url_for("knock.page"))
    failing = len(mail.failing())
    told = str(failing) if failing else _("aucun") if mail.is_configured() else _("aucun serveur d’envoi")
    kind = "bad" if failing else "ok" if mail.is_configured() else "warn"
    yield Line(_("E-mails qui ne partent pas"), told, kind, url_for("owner.mails"))
    heard = hearing(now)
    if heard:
        told = when(heard.last) if heard.last else _("jamais entendu")
        yield Line(_("Dernier appel de Stripe"), told, "warn" if heard.missed else "ok", _papers())


def _papers() -> str:
    return url_for("owner.group", group=settings.PAPERS)


def _media() -> Iterator[Line]:
    try:
        stats: dict[str, Any] = hub.wait(current_app.extensions["relay"].stats(), timeout=2)
    except Exception:  # whatever it is, it does not answer
        yield Line(_("Relais des appels"), _("ne répond pas"), "bad")
        return
    p99 = float(stats.get("p99", 0))
    told = _("{n} ms de retard au plus, 99 fois sur 100", n=decimal(1000 * p99))
    yield Line(_("Relais des appels"), told, "ok" if p99 < LATE else "warn")
    yield Line(_("Appels en cours"), str(len(stats["rooms"])))


# -- what is tried


def _tried(name: str, work: Callable[..., object], *given: object, seconds: float) -> tuple[object, Line | None]:
    """What came of it, or the line that says why nothing did."""
    try:
        return hub.in_thread(work, *given, timeout=seconds), None
    except (MailFailed, Unavailable) as refusal:
        return None, Line(name, refusal.message, "bad")
    except OSError as error:
        return None, Line(name, str(error), "bad")


def _mail_server(server: mail.Server) -> Line:
    name = _("Serveur d’envoi")
    _answer, refused = _tried(name, mail.greet, server, seconds=MAIL_SECONDS)
    return refused or Line(name, _("répond, et accepte le compte") if server.user else _("répond"), "ok")


def _drawn() -> Line:
    tried = _papertest().look()
    told = tried.fault or _("en {n} s", n=decimal(tried.seconds))
    return Line(_("Un papier dessiné pour essai"), told, _kind(tried))


def _name(name: str) -> Line:
    label = _("Le nom mène à")
    found, refused = _tried(label, reach.resolve, name, seconds=NAME_SECONDS)
    if refused or not isinstance(found, list):
        return Line(label, _("nulle part pour le moment"), "bad")
    return Line(label, ", ".join(found) or _("une adresse que personne n’atteint"), "ok" if found else "bad")


def _inside(home: str) -> Line:
    label = _("Le nom s’ouvre depuis la boutique")
    opens, refused = _tried(label, reach.opens, home, seconds=NAME_SECONDS)
    return refused or Line(label, _("oui") if opens else _("non, comme avec beaucoup de box"), "ok" if opens else "")


# -- the report


def _report(lines: list[Line], now: datetime) -> str:
    """Everything as text, fit to be sent to whoever helps."""
    told = [f"ShopVisio {now:%Y-%m-%d %H:%M:%S}Z"]
    told += [f"{line.name} : {line.value}" + (f" [{line.kind}]" if line.kind else "") for line in lines]
    if _checks.at:
        told += ["", f"{_checks.at:%Y-%m-%d %H:%M:%S}Z"] + [f"{one.name} : {one.value}" for one in _checks.lines]
    told += ["", *log.recent.lines]
    text = "\n".join(told)
    return scrub(text, {*_of_the_shop(), *_names(text)})


def _of_the_shop() -> Iterator[str]:
    """The settings that say whose shop it is, and every secret."""
    for setting in SETTINGS.values():
        value = settings.get(setting.name)
        is_theirs = setting.choices is None and (setting.secret or setting.group in IDENTIFYING)
        if isinstance(value, str) and value and is_theirs:
            yield value
            yield settings.host(value)
    yield settings.host(settings.public_url(_config()))


def _names(text: str) -> Iterator[str]:
    """The people of the base whose names stand in the text, whole and by parts."""
    words = {word.strip(".,;:()\"'") for word in text.split()}
    for table in (Staff, Customer):
        for name in db.session.scalars(select(table.name).distinct()):
            parts = name.split()
            if name in text or words & set(parts):
                yield name
                yield from (part for part in parts if part[:1].isupper())
