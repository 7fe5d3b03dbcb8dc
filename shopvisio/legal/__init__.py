"""The texts the law wants in sight: what the shop says of itself, its terms, its prices. Every version is kept.

A wording is Markdown with places like ``{fee}``: the starting one of ``texts/``, or the owner's own. What a wording
made of the settings of its day is a version; it never changes. A new one is written when the wording or a setting
changes, so what somebody accepted can be read for ever. Until the owner has read and confirmed a wording, its pages
say that it is still to be checked.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import booking, i18n, sentences, settings
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Invalid
from shopvisio.i18n import LANGUAGES, _, lazy

PAGES = {
    "prices": lazy("Tarifs"),
    "notice": lazy("Mentions légales"),
    "terms": lazy("Conditions générales"),
    "privacy": lazy("Confidentialité"),
    "mediator": lazy("Médiateur"),
}
TEXTS = PAGES | {"immediate": lazy("Demande d’exécution immédiate")}  # ticked before a repair, it has no page
LONGEST = 30_000  # signs
PLACE = re.compile(r"\{(\w*)\}")
MARKUP = re.compile(r"([\\`*\[\]<>|])")  # what Markdown would read into a shop's name

_starting = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "texts"),
    autoescape=False,  # noqa: S701 - Markdown; the pages escape what they make of it
    undefined=StrictUndefined,
    extensions=["jinja2.ext.i18n"],
)
_starting.install_gettext_callables(i18n._, i18n.n_, newstyle=False)  # type: ignore[attr-defined]


class Version(Base):
    """A text as it was shown from ``at`` on. ``own`` is whether its wording is the owner's; ``checked`` is when they
    confirmed that wording."""

    __tablename__ = "legal_version"
    __table_args__ = (Index("ix_legal_version_newest", "name", "language", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    wording: Mapped[str]
    text: Mapped[str]
    digest: Mapped[str]  # SHA-256 of the text
    own: Mapped[bool]
    at: Mapped[datetime]
    by: Mapped[str]  # empty: the appliance, after a setting changed
    checked: Mapped[datetime | None]
    checked_by: Mapped[str] = mapped_column(default="")

    @property
    def title(self) -> str:
        """What it is called, for whoever reads."""
        return str(TEXTS[self.name])


# -- what is read


def current(name: str, language: str, now: datetime) -> Version:
    """The text of TEXTS as it stands: the newest version, or the one that the settings make of it now."""
    language = _told_in(name, language)
    kept = newest(name, language)
    wording = kept.wording if kept and kept.own else starting(name, language)
    text = _filled(wording, language, now)
    if kept and (kept.wording, kept.text) == (wording, text):
        return kept
    version = Version(name=name, language=language, wording=wording, text=text, digest=_digest(text), at=now, by="")
    version.own = kept is not None and kept.own
    if kept and kept.wording == wording:
        version.checked, version.checked_by = kept.checked, kept.checked_by
    return version


def _told_in(name: str, language: str) -> str:
    """The shop's own words before a starting text: everybody reads them where they are in its language alone."""
    ours = settings.get("language")
    return ours if _is_own(name, ours) and not _is_own(name, language) else language


def _is_own(name: str, language: str) -> bool:
    kept = newest(name, language)
    return kept is not None and kept.own


def newest(name: str, language: str) -> Version | None:
    """The last version kept in this language."""
    return db.session.scalar(_kept(name, language).limit(1))


def versions(name: str, language: str) -> list[Version]:
    """Every version kept in this language, the newest first."""
    return list(db.session.scalars(_kept(name, language)))


def _kept(name: str, language: str) -> Select[Version]:
    return select(Version).where(Version.name == name, Version.language == language).order_by(Version.id.desc())


def find(name: str, number: int) -> Version | None:
    """The version of this text with this number."""
    found = db.session.get(Version, number)
    return found if found and found.name == name else None


def starting(name: str, language: str) -> str:
    """The wording a shop begins with."""
    with i18n.use(language, settings.zone()):
        return _starting.get_template(f"{name}.txt").render().strip()


# -- what the settings make of a wording


def facts(language: str, now: datetime) -> dict[str, str]:
    """What may stand in a place, by its name."""
    said = {name: str(settings.get(name)) for name in SAID}
    with i18n.use(language, settings.zone()):
        form, capital = str(settings.LEGAL_FORMS.get(settings.get("legal_form"), "")), settings.get("capital")
        franchise = sentences.in_force("franchise", now.astimezone(settings.zone()).date())
        free = settings.get("vat_regime") == "franchise"
        return {name: _plain(value) for name, value in said.items()} | {
            "shop": _plain(settings.get("shop_name")),
            "form": _("{form} au capital de {capital}", form=form, capital=capital) if capital else form,
            "address": f"{settings.get('street')}, {settings.get('postcode')} {settings.get('city')}",
            "vat": settings.get("vat_number") or franchise,
            "taxes": " ".join((_("Prix toutes taxes comprises."), f"{franchise}." if free else "")).strip(),
            "phone": settings.phone_for_eyes(settings.get("phone")),
            "fee": i18n.money(settings.get("fee")),
            "zero": i18n.money(0),
            "guarantee": _guarantee(settings.get("guarantee_months")),
            "prices": "\n".join(_prices()),
        }


SAID = ("legal_name", "siret", "register", "publisher", "email", "insurance", "mediator", "answer_hours")


def _plain(text: str) -> str:
    return MARKUP.sub(r"\\\1", text)


def _guarantee(months: int) -> str:
    if not months:
        return ""
    return i18n.n_(
        "En plus, la boutique garantit la réparation {n} mois : si la même panne revient d’ici là, elle la reprend "
        "sans frais, et annule la facture si elle n’y parvient pas.",
        "En plus, la boutique garantit la réparation {n} mois : si la même panne revient d’ici là, elle la reprend "
        "sans frais, et annule la facture si elle n’y parvient pas.",
        months,
    )


def _prices() -> Iterator[str]:
    fee, zero = i18n.money(settings.get("fee")), i18n.money(0)
    once = _("un seul forfait, quels que soient le temps et le nombre d’appels")
    for service in booking.services():
        name = _plain(service.name)
        if service.kind == "repair":
            yield _("| {name}, {once} | {fee} si réparé, {zero} sinon |", name=name, once=once, fee=fee, zero=zero)
        else:
            yield f"| {name} | {_plain(service.price) or zero} |"


def _filled(wording: str, language: str, now: datetime) -> str:
    """The wording with its places filled in; a line whose places all are empty is left out."""
    known = facts(language, now)

    def is_said(line: str) -> bool:
        places = PLACE.findall(line)
        return not places or any(known.get(place, place) for place in places)

    lines = (line for line in wording.splitlines() if is_said(line))
    return "\n".join(PLACE.sub(lambda place: known.get(place[1], place[0]), line) for line in lines)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# -- what is written


def keep(now: datetime) -> None:
    """Keep a version of every text that the settings have changed, in the caller's write."""
    for name in TEXTS:
        for language in LANGUAGES:
            in_force(name, language, now)


def _keep(version: Version) -> Version:
    if version.id is None:
        db.session.add(version)
        db.session.flush()
    return version


def word(name: str, language: str, wording: str, by: str, now: datetime) -> Version:
    """Say it in the owner's own words; none at all is the starting text again. Who writes has read it: it is checked.
    Raises Invalid."""
    wording = "\n".join(line.rstrip() for line in wording.strip().splitlines())
    if len(wording) > LONGEST:
        raise Invalid(fields={"wording": _("C’est trop long : {n} signes au plus.", n=LONGEST)})
    unknown = sorted(set(PLACE.findall(wording)) - facts(language, now).keys())
    if unknown:
        raise Invalid(fields={"wording": _("Rien ne s’appelle {place} : vérifiez ce mot.", place=f"{{{unknown[0]}}}")})
    own = bool(wording) and wording != starting(name, language)
    said = wording if own else starting(name, language)
    text = _filled(said, language, now)
    kept = newest(name, language)
    if kept and (kept.wording, kept.text, kept.own) == (said, text, own):
        return kept
    version = Version(name=name, language=language, wording=said, text=text, digest=_digest(text), own=own, at=now)
    version.by = by
    if own:
        version.checked, version.checked_by = now, by
    return _keep(version)


def confirm(name: str, language: str, digest: str, by: str, now: datetime) -> Version:
    """The owner has read the text with this digest and stands by its wording. Raises Conflict for another one."""
    version = current(name, language, now)
    if version.digest != digest:
        raise Conflict(_("Le texte a changé entre-temps : relisez-le avant de le confirmer."))
    version.checked, version.checked_by = now, by
    return _keep(version)


def to_check(now: datetime) -> list[Version]:
    """The texts in the shop's language that nobody has confirmed."""
    told = (current(name, settings.get("language"), now) for name in TEXTS)
    return [version for version in told if version.checked is None]


def ticked(name: str, now: datetime) -> str:
    """The words beside the box by which a customer agrees to this text."""
    if name == "terms":
        shop = settings.get("shop_name")
        return _("J’ai lu les conditions générales de la boutique {shop} et je les accepte.", shop=shop)
    return current(name, i18n.language(), now).text


def asked(kind: str, now: datetime) -> dict[str, str]:
    """What a customer agrees to before a case of this kind: name -> the words beside the box."""
    return {name: ticked(name, now) for name in (("terms", "immediate") if kind == "repair" else ("terms",))}


def in_force(name: str, language: str, now: datetime) -> Version:
    """The text as it stands, kept, in the caller's write: what somebody agrees to."""
    return _keep(current(name, language, now))
