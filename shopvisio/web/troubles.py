"""What the installation wants mended: each a sentence, what follows from it, and the page where it is done."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from flask import current_app, url_for

from shopvisio import clock, reach, settings, timekeeping
from shopvisio.cards.hearing import hearing
from shopvisio.i18n import _, n_, when
from shopvisio.papertest import PaperTest
from shopvisio.web import certificate

LITTLE_ROOM = 1 << 30  # bytes free
HOUR, MINUTE = 3600, 60


@dataclass(frozen=True)
class Trouble:
    """Something of the installation that keeps the shop from working whole."""

    kind: str  # warn or bad
    icon: str
    fact: str
    then: str
    url: str
    act: str
    needs: str = "settings"  # what a role must allow to mend it


def of_installation(now: datetime) -> Iterator[Trouble]:
    """The clock, the disk, the papers, the certificate, the shop's name, what Stripe should have told."""
    yield from _clock(now)
    yield from _disk()
    yield from _papers()
    yield from _certificate(now)
    yield from _name()
    yield from _stripe(now)


def _clock(now: datetime) -> Iterator[Trouble]:
    url, act = url_for("diagnosis.page"), _("Voir")
    if fact := _wrong(now):
        then = _("Aucun papier n’est fait d’ici là. Remettez l’appareil à l’heure : rien n’est perdu.")
        yield Trouble("bad", "clock", fact, then, url, act)
        return
    watch: timekeeping.Watch | None = current_app.extensions.get("timekeeping")
    if watch and (off := watch.leapt(now)):
        seconds = off.total_seconds()
        by = length(abs(seconds))
        ahead = _("L’horloge de l’appareil a avancé de {length}.", length=by)
        fact = ahead if seconds > 0 else _("L’horloge de l’appareil a reculé de {length}.", length=by)
        then = _("Il est pour elle {when}. Si c’est faux, les rappels partent à la mauvaise heure.", when=when(now))
        yield Trouble("warn", "clock", fact, then, url, act)


def _wrong(now: datetime) -> str:
    """What is wrong with the clock; empty where papers may be dated by it."""
    if timekeeping.is_right(now):
        return ""
    if late := timekeeping.behind(now):
        told = length(late.total_seconds())
        return _("L’horloge de l’appareil retarde de {length} sur ce qu’il a déjà écrit.", length=told)
    seconds = clock.ahead().total_seconds()
    if seconds > 0:
        return _("L’horloge de l’appareil avance de {length} sur le serveur d’heure.", length=length(seconds))
    return _("L’horloge de l’appareil retarde de {length} sur le serveur d’heure.", length=length(-seconds))


def length(seconds: float) -> str:
    """``3 minutes``, ``2 heures``, ``4 jours``."""
    minutes, hours = round(seconds / MINUTE), round(seconds / HOUR)
    if minutes < 60:
        return n_("{n} minute", "{n} minutes", max(1, minutes))
    if hours < 48:
        return n_("{n} heure", "{n} heures", hours)
    return n_("{n} jour", "{n} jours", round(hours / 24))


def _disk() -> Iterator[Trouble]:
    data, url, act = current_app.config["SHOP"].data, url_for("diagnosis.page"), _("Voir")
    free = shutil.disk_usage(data).free
    if free < LITTLE_ROOM:
        fact = _("Il ne reste que {n} Mo sur le disque.", n=free >> 20)
        then = _("Faites de la place : sans elle, plus de photos, de papiers ni de sauvegardes.")
        yield Trouble("bad", "save", fact, then, url, act)
    elif not takes_writes(data):
        fact = _("Le disque de l’appareil ne prend plus rien.")
        then = _("Ce qui y était est intact. Redémarrez l’appareil ; si cela revient, remplacez le disque.")
        yield Trouble("bad", "save", fact, then, url, act)


def _papers() -> Iterator[Trouble]:
    found: PaperTest | None = current_app.extensions.get("papertest")
    if found and found.last and found.last.fault:
        fact = _("Les papiers ne se dessinent pas sur cet appareil.")
        then = _("Ceux qui sont dus gardent leur numéro et attendent. Voyez ce qui manque avec qui vous l’a installé.")
        yield Trouble("bad", "doc", fact, then, url_for("diagnosis.page"), _("Voir"))


def takes_writes(folder: Path) -> bool:
    """Whether a file can be written there: a disk that met a fault lets itself be read only."""
    try:
        with TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(b".")
    except OSError:
        return False
    return True


def _certificate(now: datetime) -> Iterator[Trouble]:
    if not settings.is_host(settings.host(settings.public_url(current_app.config["SHOP"]))):
        return  # on the local network alone a provisional one is all there is
    stands = certificate.standing(now)
    if stands.kind != "ok":
        yield Trouble(stands.kind, "lock", stands.fact, stands.then, url_for("certificate.page"), _("Voir"))


def _name() -> Iterator[Trouble]:
    known: reach.Reach | None = getattr(current_app.extensions.get("reach"), "now", None)
    if known is None:
        return
    url, act = url_for("certificate.page"), _("Voir")
    if known.astray:
        fact = _("Le nom de la boutique ne mène plus à votre box.")
        told = {"there": ", ".join(known.astray), "here": known.addresses[-1]}
        then = _("Il mène à {there}, la box est à {here} : corrigez-le là où vous l’avez acheté.", **told)
        yield Trouble("bad", "globe", fact, then, url, act)
    elif known.fault:
        fact = _("L’adresse publique de la boutique n’a pas pu être vérifiée.")
        then = _("Celle d’avant reste en usage, la recherche reprend. Si cela dure, vérifiez l’accès à Internet.")
        yield Trouble("warn", "globe", fact, then, url_for("owner.group", group=settings.NETWORK), act)


def _stripe(now: datetime) -> Iterator[Trouble]:
    heard = hearing(now)
    if heard and heard.missed:
        fact = _("Stripe ne dit plus ce que deviennent les paiements par carte.")
        then = _("Ils sont vus quand même, mais tard. Vérifiez chez Stripe l’adresse du webhook, ici son secret.")
        yield Trouble("warn", "alert", fact, then, url_for("owner.group", group=settings.PAPERS), _("Voir"))
