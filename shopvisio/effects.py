"""What a setting means at this moment, in a sentence that stands beside it on its page."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shopvisio import (
    bonus,
    calendar,
    cards,
    clock,
    imprint,
    money,
    orders,
    sentences,
    settings,
    sms,
    upkeep,
)
from shopvisio.backup import bucket, recovery
from shopvisio.i18n import _, day, day_year, decimal, here, n_, time, when
from shopvisio.i18n import money as amount
from shopvisio.settings.table import CAPITAL_FORMS

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


def _guarantee(months: int, now: datetime) -> str:
    if not months:
        return _("Aucune garantie n’est promise.")
    return _("Réparé aujourd’hui : garanti jusqu’au {day}.", day=day_year(_later(now, months)))


def _later(now: datetime, months: int) -> datetime:
    """The same day, so many months later; the last of a month that is shorter."""
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def _estimate_from(cents: int, _now: datetime) -> str:
    if not cents:
        return _("Toute pièce qui a un prix veut un devis.")
    told = {"total": amount(cents), "more": amount(cents + 1)}
    return _("Des pièces à {total} : un accord à l’écran suffit. À {more} : un devis.", **told)


# -- selling


def _web_shop(kind: str, _now: datetime) -> str:
    if kind:
        return _("Le panier s’ouvre dans {shop}.", shop=settings.SETTINGS["web_shop"].told(kind))
    return _("Le client commande et paie sur ces pages-ci.")


def _ordered_here(tell: Tell) -> Tell:
    """What only counts for orders that are placed here."""

    def told(value: Any, now: datetime) -> str:
        if settings.get("web_shop"):
            return _("Sans effet : le client commande dans votre boutique en ligne.")
        return tell(value, now)

    return told


def _pattern(pattern: str, _now: datetime) -> str:
    return _("Sans effet : ne sert qu’à « {kind} ».", kind=_other_shop()) if settings.get("web_shop") != "own" else ""


def _other_shop() -> str:
    return settings.SETTINGS["web_shop"].told("own")


def _way(name: str) -> Tell:
    def told(_value: str, _now: datetime) -> str:
        offered = orders.ways()
        if not offered:
            return _("Ni livraison, ni retrait : rien ne se commande ici.")
        return _("Proposé au client.") if name in offered else _("Le client ne se le voit pas proposer.")

    return told


def _delivery(cents: int, _now: datetime) -> str:
    if "deliver" not in orders.ways():
        return _("Sans effet : les commandes ne sont pas livrées.")
    goods = 4500
    whole = goods + orders.delivery_cost(goods, "deliver")
    return _("Un article à {goods}, livré : {total}.", goods=amount(goods), total=amount(whole))


def _delivery_free(cents: int, now: datetime) -> str:
    if not cents or "deliver" not in orders.ways():
        return _delivery(cents, now)
    return _("{goods} d’articles : livrés sans frais.", goods=amount(cents))


# -- papers


def _capital(capital: str, now: datetime) -> str:
    if settings.get("legal_form") not in CAPITAL_FORMS:
        return _("Sans effet : cette forme juridique n’a pas de capital à imprimer.") if not capital else ""
    form = imprint.seller(here(now).date()).legal_form
    return _("Vos factures portent : {words}.", words=form) if capital else ""


def _publisher(name: str, _now: datetime) -> str:
    return "" if name else _("Les mentions légales ne nomment personne.")


def _vat_regime(regime: str, now: datetime) -> str:
    if regime == "franchise":
        return _("Vos factures portent : {words}", words=sentences.in_force("franchise", here(now).date()))
    return _("Vos factures détaillent la TVA.") if regime else ""


def _vat_number(_number: str, _now: datetime) -> str:
    return _("Sans effet : la boutique ne facture pas la TVA.") if settings.get("vat_regime") == "franchise" else ""


def _parts_vat(rate: int, _now: datetime) -> str:
    if settings.get("vat_regime") == "franchise":
        return _("Sans effet : la boutique ne facture pas la TVA.")
    part = money.split(2000, rate)
    told = {"price": amount(part.gross), "net": amount(part.net), "vat": amount(part.vat)}
    return _("Une pièce à {price} : {net} hors taxes et {vat} de TVA.", **told)


def _debits(chosen: str, _now: datetime) -> str:
    if settings.get("vat_regime") == "franchise":
        return _("Sans effet : la boutique ne facture pas la TVA.")
    if chosen == "yes":
        return _("Vos factures le disent ; la TVA d’une facture est due même avant son paiement.")
    return _("La TVA d’une prestation est due quand elle est payée.")


def _bonus(chosen: str, now: datetime) -> str:
    if chosen != "yes":
        return _("Rien n’en est proposé sur les dossiers.")
    n = len(bonus.in_force(here(now).date()))
    return n_("{n} montant en vigueur aujourd’hui.", "{n} montants en vigueur aujourd’hui.", n)


def _webhook(secret: str, _now: datetime) -> str:
    if not cards.is_on():
        return _("Sans effet : le paiement par carte n’est pas proposé.")
    return "" if secret else _("Sans lui, nous demandons à Stripe, d’abord chaque minute.")


def _insurance(words: str, _now: datetime) -> str:
    return _("Imprimée sur chaque facture.") if words else _("Rien n’en est imprimé.")


# -- mails and short messages


def _with_server(tell: Tell) -> Tell:
    """What only counts where a mail server is named."""

    def told(value: Any, now: datetime) -> str:
        return tell(value, now) if settings.get("smtp_host") else _("Sans effet tant qu’aucun serveur n’est réglé.")

    return told


def _port(port: int, _now: datetime) -> str:
    return _("Le serveur est appelé sur le port {port}.", port=port)


def _security(kind: str, _now: datetime) -> str:
    if kind == "none":
        return _("Vos e-mails, et le mot de passe, passent en clair.")
    return _("Personne ne lit vos e-mails entre cet appareil et le serveur.")


def _account(user: str, _now: datetime) -> str:
    return "" if user else _("Le serveur est appelé sans compte.")


def _sms(url: str, _now: datetime) -> str:
    return _("Les SMS partent par {host}.", host=settings.host(url)) if url else _("Aucun SMS ne part.")


def _with_gateway(tell: Tell) -> Tell:
    """What only counts where a gateway is named."""

    def told(value: Any, now: datetime) -> str:
        return tell(value, now) if settings.get("sms_url") else _("Sans effet tant qu’aucune passerelle n’est réglée.")

    return told


def _sms_body(body: str, _now: datetime) -> str:
    sent, _kind = sms.fill(body, "+33639982750", _("Bonjour"))
    return _("Elle reçoit, par exemple : {words}", words=sent.decode())


def _authorization(words: str, _now: datetime) -> str:
    return "" if words else _("La passerelle est appelée sans autorisation.")


# -- the network


def _public_name(name: str, _now: datetime) -> str:
    return _("Vos liens commencent par https://{name}.", name=name) if name else ""


def _certificate(chosen: str, _now: datetime) -> str:
    if not settings.get("public_name"):
        return _("Sans effet tant que la boutique n’a pas de nom public.")
    if chosen == "yes":
        return _("La page Certificat dit où il en est.")
    return _("Aucun n’est demandé ; la page Certificat dit lequel est servi.")


def _address(addresses: str, _now: datetime) -> str:
    return _("Elle est donnée telle quelle aux clients : changez-la si la box en change.") if addresses else ""


def _asked(server: str, _now: datetime) -> str:
    return _("{server} est interrogé.", server=server) if server else _("Personne n’est interrogé.")


def _time_server(server: str, now: datetime) -> str:
    if not server:
        return _asked(server, now)
    seconds = decimal(abs(clock.ahead().total_seconds()))
    return _("{server} est interrogé ; écart de l’horloge : {n} s.", server=server, n=seconds)


def _turn(urls: str, _now: datetime) -> str:
    n = len(urls.split())
    if not n:
        return _("Aucun n’est proposé aux clients.")
    return n_("{n} adresse proposée à chaque client.", "{n} adresses proposées à chaque client.", n)


def _turn_secret(secret: str, _now: datetime) -> str:
    if not settings.get("turn_urls"):
        return _("Sans effet tant qu’aucun serveur TURN n’est réglé.")
    return "" if secret else _("Sans lui, le compte ci-dessous sert à tous.")


def _turn_account(_value: str, _now: datetime) -> str:
    if not settings.get("turn_urls"):
        return _("Sans effet tant qu’aucun serveur TURN n’est réglé.")
    return _("Sans effet : le secret partagé suffit.") if settings.get("turn_secret") else ""


def _metrics(token: str, _now: datetime) -> str:
    return _("/metrics répond à qui donne ce jeton.") if token else _("/metrics ne répond à personne.")


# -- what is kept


def _backup(hour: int, now: datetime) -> str:
    if not recovery.recipient():
        return _("Rien n’est sauvegardé tant que la clé de secours n’est pas créée.")
    return _("La prochaine : {when}.", when=when(upkeep.next_hour(now, hour)))


def _with_storage(_value: str, _now: datetime) -> str:
    return "" if settings.get("s3_url") else _("Sans effet tant qu’aucun stockage n’est réglé.")


def _open_repair(chosen: str, _now: datetime) -> str:
    return _("La feuille est à la page Chiffres.") if chosen == "yes" else _("Aucune feuille n’est faite.")


def _recording(chosen: str, _now: datetime) -> str:
    if chosen == "yes":
        return _("Dans un appel, l’équipe peut le demander ; chacun répond.")
    return _("Personne ne peut enregistrer.")


def _recordings(days: int, now: datetime) -> str:
    return _("Enregistré aujourd’hui : effacé le {day}.", day=day_year(now + timedelta(days=days)))


def _gigabytes(limit: int, _now: datetime) -> str:
    return _("De quoi garder environ {least} à {most} heures d’appel.", least=max(1, limit // 2), most=limit)


def _months(months: int, now: datetime) -> str:
    return _("Clos aujourd’hui : effacés à partir du {day}.", day=day_year(_later(now, months)))


def _years(years: int, now: datetime) -> str:
    return _months(12 * years, now)


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
    "guarantee_months": _guarantee,
    "estimate_from": _estimate_from,
    "web_shop": _web_shop,
    "web_shop_pattern": _pattern,
    "delivery": _ordered_here(_way("deliver")),
    "delivery_price": _ordered_here(_delivery),
    "delivery_free_from": _ordered_here(_delivery_free),
    "collect": _ordered_here(_way("collect")),
    "capital": _capital,
    "publisher": _publisher,
    "vat_regime": _vat_regime,
    "vat_number": _vat_number,
    "parts_vat_rate": _parts_vat,
    "vat_on_debits": _debits,
    "repair_bonus": _bonus,
    "stripe_webhook": _webhook,
    "insurance": _insurance,
    "smtp_port": _with_server(_port),
    "smtp_security": _with_server(_security),
    "smtp_user": _with_server(_account),
    "sms_url": _sms,
    "sms_body": _with_gateway(_sms_body),
    "sms_authorization": _with_gateway(_authorization),
    "public_name": _public_name,
    "certificate": _certificate,
    "public_address": _address,
    "stun_server": _asked,
    "time_server": _time_server,
    "turn_urls": _turn,
    "turn_secret": _turn_secret,
    "turn_user": _turn_account,
    "turn_password": _turn_account,
    "metrics_token": _metrics,
    "backup_hour": _backup,
    "s3_region": _with_storage,
    "s3_bucket": _with_storage,
    "s3_key": _with_storage,
    "s3_secret": _with_storage,
    "open_repair": _open_repair,
    "recording": _recording,
    "keep_recordings_days": _recordings,
    "recording_gigabytes": _gigabytes,
    "keep_pictures_months": _months,
    "keep_words_months": _months,
    "keep_cases_years": _years,
}
EVIDENT = {  # label and help say it all
    "shop_name", "tagline", "phone", "email", "brand", "language", "gas_phone", "web_shop_url", "web_shop_marker",
    "legal_name", "legal_form", "street", "postcode", "city", "register", "bic", "mediator", "smtp_password",
    *(f"account_{name}" for name in settings.ACCOUNTS),
}  # fmt: skip
