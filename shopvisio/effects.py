"""What a setting means at this moment, in a sentence that stands beside it on its page."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shopvisio import calendar, money, settings
from shopvisio.backup import bucket
from shopvisio.i18n import _, day, day_year, here, time, when
from shopvisio.i18n import money as amount

Tell = Callable[[Any, datetime], str]


def of(name: str, now: datetime) -> str:
    """The sentence for the setting as it is kept; empty where its help says it all."""
    tell = TELL.get(name)
    return tell(settings.get(name), now) if tell else ""


def _notice(minutes: int, now: datetime) -> str:
    return _("À cet instant : pas avant {when}.", when=when(now + timedelta(minutes=minutes)))


def _horizon(days: int, now: datetime) -> str:
    return _("Aujourd’hui, le dernier jour proposé est le {day}.", day=day(now + timedelta(days=days)))


def _holidays(_region: str, now: datetime) -> str:
    first = here(now).date()
    for found, name in calendar.public_holidays(first, first + timedelta(days=365)).items():
        return _("Le prochain : {day}, {name}.", day=day(found), name=name)
    return _("Aucun jour n’est fermé d’office.")


def _early(minutes: int, now: datetime) -> str:
    ten = here(now).replace(hour=10, minute=0)
    return _("Pour {ten}, elle ouvre à {time}.", ten=time(ten), time=time(ten - timedelta(minutes=minutes)))


def _zone(_key: str, now: datetime) -> str:
    return _("Il y est {time}.", time=time(now, settings.zone()))


def _fee(cents: int, _now: datetime) -> str:
    return _("Vos clients lisent : {fee} si c’est réparé, {zero} sinon.", fee=amount(cents), zero=amount(0))


def _answer(hours: int, now: datetime) -> str:
    return _("Proposé maintenant : dès {when}.", when=when(now + timedelta(hours=hours)))


def _check(days: int, now: datetime) -> str:
    if not days:
        return _("Personne n’est interrogé.")
    return _("Réparé aujourd’hui : l’e-mail part le {day}.", day=day(now + timedelta(days=days)))


def _estimate(days: int, now: datetime) -> str:
    return _("Fait aujourd’hui, il vaut jusqu’au {day}.", day=day(now + timedelta(days=days)))


def _nudge(days: int, now: datetime) -> str:
    if not days:
        return _("Personne n’est relancé.")
    return _("Envoyée aujourd’hui : on demande le {day}.", day=day(now + timedelta(days=days)))


def _siret(number: str, _now: datetime) -> str:
    return _("Votre SIREN : {siren}.", siren=f"{number[:3]} {number[3:6]} {number[6:9]}") if number else ""


def _vat(rate: int, _now: datetime) -> str:
    if settings.get("vat_regime") == "franchise":
        return _("Sans effet : la boutique ne facture pas la TVA.")
    fee = money.split(settings.get("fee"), rate)
    told = {"fee": amount(fee.gross), "net": amount(fee.net), "vat": amount(fee.vat)}
    return _("{fee} : {net} hors taxes et {vat} de TVA.", **told)


def _due(days: int, now: datetime) -> str:
    return _("Une facture d’aujourd’hui est à payer avant le {day}.", day=day_year(now + timedelta(days=days)))


def _iban(number: str, _now: datetime) -> str:
    return _("Chaque facture porte le code à filmer avec l’application de la banque.") if number else ""


def _stripe(key: str, _now: datetime) -> str:
    return _("Le paiement par carte est proposé.") if key else _("Le paiement par carte n’est pas proposé.")


def _storage(url: str, _now: datetime) -> str:
    if url and not bucket.is_installed():
        return _("L’extra « s3 » manque encore : rien n’y part.")
    return _("Chaque sauvegarde part aussi vers {name}.", name=settings.get("s3_bucket")) if url else ""


def _smtp(host: str, _now: datetime) -> str:
    return _("Les e-mails partent par {host}.", host=host) if host else _("Aucun e-mail ne part.")


def _sender(given: str, _now: datetime) -> str:
    sender = given or settings.get("email")
    return _("Vos clients lisent : {name}, {email}.", name=settings.get("shop_name"), email=sender) if sender else ""


TELL: Mapping[str, Tell] = {
    "notice_minutes": _notice,
    "horizon_days": _horizon,
    "holidays": _holidays,
    "early_minutes": _early,
    "zone": _zone,
    "fee": _fee,
    "answer_hours": _answer,
    "check_days": _check,
    "estimate_days": _estimate,
    "nudge_days": _nudge,
    "siret": _siret,
    "vat_rate": _vat,
    "due_days": _due,
    "iban": _iban,
    "stripe_key": _stripe,
    "s3_url": _storage,
    "smtp_host": _smtp,
    "mail_from": _sender,
}
