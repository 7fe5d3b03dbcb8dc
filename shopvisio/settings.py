"""What the shopkeeper decides: one declared table, strict values, a history of who changed what."""

import ipaddress
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from babel.support import LazyProxy
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import event, func, select
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column
from stdnum import iban as stdnum_iban
from stdnum.eu import vat as stdnum_vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siret as stdnum_siret

from shopvisio import money, webshops
from shopvisio.config import Config
from shopvisio.db import Base, db
from shopvisio.errors import Invalid
from shopvisio.i18n import LANGUAGES, _, lazy

Text = str | LazyProxy  # a label: plain, or translated when it is read
Read = Callable[[str], Any]

LEGAL_FORMS: dict[str, Text] = {
    "EI": lazy("Entreprise individuelle (EI)"),
    "micro": lazy("Micro-entreprise"),
    "EURL": "EURL",
    "SARL": "SARL",
    "SAS": "SAS",
    "SASU": "SASU",
    "SA": "SA",
    "SCOP": "SCOP",
    "association": lazy("Association"),
}
CAPITAL_FORMS = ("EURL", "SARL", "SAS", "SASU", "SA", "SCOP")  # those that must print their capital
VAT_REGIMES: dict[str, Text] = {
    "standard": lazy("La boutique facture la TVA"),
    "franchise": lazy("Franchise en base, pas de TVA"),
}
VAT_RATES: dict[str, Text] = {"2000": "20 %", "1000": "10 %", "850": "8,5 %", "550": "5,5 %", "210": "2,1 %"}
SMS_JSON = ('{"', "{\n", "{ ", "[")  # how a body begins that is JSON, and not a form whose first place is {to}
YES_NO: dict[str, Text] = {"no": lazy("Non"), "yes": lazy("Oui")}
HOLIDAYS: dict[str, Text] = {  # the country, and the part of it, as the library of holidays calls them
    "FR": lazy("France"),
    "FR-6AE": lazy("Alsace"),
    "FR-57": lazy("Moselle"),
    "FR-971": lazy("Guadeloupe"),
    "FR-972": lazy("Martinique"),
    "FR-973": lazy("Guyane"),
    "FR-974": lazy("La Réunion"),
    "FR-976": lazy("Mayotte"),
    "none": lazy("Aucun : la boutique ouvre les jours fériés"),
}
WEB_SHOPS: dict[str, Text] = {
    "": lazy("Aucune : le client commande ici"),
    **{name: kind.label for name, kind in webshops.KINDS.items()},
    "own": lazy("Une autre : j’écris son adresse"),
}
SMTP_SECURITIES: dict[str, Text] = {"starttls": "STARTTLS (587)", "tls": "TLS (465)", "none": lazy("Aucune (25)")}


@dataclass(frozen=True)
class Setting:
    """One thing a shopkeeper may change. ``read`` turns what was typed into a value, or raises ValueError
    with the sentence to show."""

    name: str
    group: str
    label: Text
    help: Text
    read: Read
    default: Any = ""
    needed: bool = False  # papers cannot be issued without it
    choices: Mapping[str, Text] | None = None
    secret: bool = False
    unit: Text = ""
    show: Callable[[Any], str] = str  # the value as the form shows it
    since: str = "0.1.0"  # the release that brought it

    def told(self, value: Any) -> str:
        """A value for eyes: the words of its choice, its unit; a secret is only said to be there."""
        if value == "":
            return ""
        if self.secret:
            return "•••"
        shown = str(self.choices[str(value)]) if self.choices and str(value) in self.choices else self.show(value)
        return f"{shown} {self.unit}" if self.unit else shown


class SettingRow(Base):
    """A value that was changed from its default, as JSON."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class SettingChange(Base):
    """Who changed what, when. Of a secret only whether there was one. Rows of before hold its dots outside JSON."""

    __tablename__ = "setting_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    name: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]


def _text(longest: int) -> Read:
    def read(typed: str) -> str:
        value = typed.strip()
        if len(value) > longest:
            raise ValueError(_("C’est trop long : {n} signes au plus.", n=longest))
        return value

    return read


def _whole(lowest: int, highest: int) -> Read:
    def read(typed: str) -> int:
        value = typed.strip()
        if not (value.isascii() and value.isdigit() and lowest <= int(value) <= highest):
            raise ValueError(_("Un nombre entier, de {low} à {high}.", low=lowest, high=highest))
        return int(value)

    return read


def _one_of(choices: Mapping[str, Text]) -> Read:
    def read(typed: str) -> str:
        if typed not in choices:
            raise ValueError(_("Choisissez dans la liste."))
        return typed

    return read


def _account(root: str) -> Read:
    """A number of the general chart that begins with ``root``: three digits, then up to nine digits or capitals."""

    def read(typed: str) -> str:
        value = typed.replace(" ", "").upper()
        if not (value.startswith(root) and re.fullmatch(r"[0-9]{3}[0-9A-Z]{0,9}", value, re.ASCII)):
            raise ValueError(_("Un numéro de compte qui commence par {root}, de 3 à 12 signes.", root=root))
        return value

    return read


def _stripe_key(typed: str) -> str:
    value = typed.strip()
    if value and not re.fullmatch(r"(sk|rk)_(live|test)_\w{8,200}", value):
        raise ValueError(_("Une clé secrète de Stripe commence par sk_ ou rk_."))
    return value


def _cents(typed: str) -> int:
    try:
        return money.cents(typed)
    except ValueError:
        raise ValueError(_("Un montant comme 29 ou 29,90.")) from None


def _email(typed: str) -> str:
    if not typed.strip():
        return ""
    try:
        return validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError(_("Cette adresse e-mail n’est pas complète.")) from None


def phone(typed: str) -> str:
    """A telephone number in E.164 (``+33465711234``), French unless it says otherwise.

    Raises ValueError with the sentence to show.
    """
    if not typed.strip():
        return ""
    try:
        number = phonenumbers.parse(typed, "FR")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError(_("Ce numéro de téléphone n’est pas complet."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_for_eyes(number: str) -> str:
    """``04 65 71 12 34``, with no-break spaces."""
    if not number:
        return ""
    parsed = phonenumbers.parse(number, "FR")
    style = phonenumbers.PhoneNumberFormat
    shown = phonenumbers.format_number(parsed, style.NATIONAL if parsed.country_code == 33 else style.INTERNATIONAL)
    return shown.replace(" ", "\u00a0")


def takes_messages(number: str) -> bool:
    """Whether a short message to this number has a chance: it is no fixed line."""
    return phonenumbers.number_type(phonenumbers.parse(number, "FR")) != phonenumbers.PhoneNumberType.FIXED_LINE


def _checked(library: Any, sentence: Text) -> Read:
    def read(typed: str) -> str:
        if not typed.strip():
            return ""
        try:
            return str(library.validate(typed))
        except ValidationError:
            raise ValueError(str(sentence)) from None

    return read


def _rate(typed: str) -> int:
    return int(_one_of(VAT_RATES)(typed))


def _zone(typed: str) -> str:
    if typed not in available_timezones():
        raise ValueError(_("Un fuseau comme Europe/Paris."))
    return typed


def _colour(typed: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", typed.strip()):
        raise ValueError(_("Une couleur comme #0f5c66."))
    return typed.strip().lower()


def _amount(value: int) -> str:
    return f"{value // 100},{value % 100:02}" if value % 100 else str(value // 100)


def _public_addresses(typed: str) -> str:
    try:
        return " ".join(str(ipaddress.ip_address(one)) for one in typed.replace(",", " ").split())
    except ValueError:
        raise ValueError(_("Une adresse comme 203.0.113.7, ou plusieurs séparées par des espaces.")) from None


def _stun_server(typed: str) -> str:
    found = re.fullmatch(r"([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})", typed.strip())
    if typed.strip() and not (found and 0 < int(found[2]) < 65536):
        raise ValueError(_("Un nom et un port, comme stun.exemple.example:3478."))
    return typed.strip()


def _time_server(typed: str) -> str:
    found = re.fullmatch(r"([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?", typed.strip())
    if typed.strip() and not (found and 0 < int((found[2] or ":123")[1:]) < 65536):
        raise ValueError(_("Un nom, comme ntp.exemple.example."))
    return typed.strip()


def _turn_urls(typed: str) -> str:
    for url in typed.split():
        if not re.fullmatch(r"turns?:([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?(\?transport=(udp|tcp))?", url):
            raise ValueError(_("Une adresse comme turns:relais.exemple.example:443?transport=tcp."))
    return " ".join(typed.split())


def _web_address(typed: str) -> str:
    url = typed.strip()
    if url and not (re.fullmatch(r"https?://[^\s/?#@]+[^\s]*", url) and len(url) <= 500):
        raise ValueError(_("Une adresse entière, comme https://sms.exemple.example/envoi."))
    return url


def _sms_body(typed: str) -> str:
    body = typed.strip()
    if not ("{to}" in body and "{text}" in body):
        places = {"number": "{to}", "words": "{text}"}
        raise ValueError(_("Il faut {number} là où va le numéro, et {words} là où va le message.", **places))
    if body.startswith(SMS_JSON):
        try:
            json.loads(body)
        except ValueError:
            raise ValueError(_("Ce JSON n’est pas complet : vérifiez les guillemets et les accolades.")) from None
    return body


def _storage(typed: str) -> str:
    url = typed.strip().rstrip("/")
    if url and not re.fullmatch(r"https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?", url):
        raise ValueError(_("Une adresse comme https://s3.exemple.example, sans le nom du bucket."))
    return url


def _word(typed: str) -> str:
    value = typed.strip()
    if not re.fullmatch(r"([a-zA-Z0-9][a-zA-Z0-9._-]{0,62})?", value):
        raise ValueError(_("Un seul mot, sans accent ni espace."))
    return value


def _token(typed: str) -> str:
    value = typed.strip()
    if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{20,200}", value):
        raise ValueError(_("Vingt signes au moins, au hasard, sans espace ni accent."))
    return value


HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def is_host(name: str) -> bool:
    """Whether this is a name of the internet, as an authority certifies it: no address, no single word."""
    return HOST.fullmatch(name) is not None and not name.endswith(".local")


def _public_name(typed: str) -> str:
    """``visio.example``, with ``:8443`` where it is not the usual port, of whatever was pasted."""
    value = typed.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    host, _colon, port = value.partition(":")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        host = ""
    if value and not (is_host(host) and (not port or (port.isascii() and port.isdigit() and 0 < int(port) < 65536))):
        raise ValueError(_("Un nom comme visio.maboutique.fr, sans espace ni page."))
    return f"{host}:{port}" if port and port != "443" else host


SHOP, PAPERS, BOOKS, BOOKING, REPAIR, SELLING = "shop", "papers", "books", "booking", "repair", "selling"
MAIL, NETWORK, DATA = "mail", "network", "data"
GROUPS: dict[str, Text] = {
    SHOP: lazy("Boutique"),
    BOOKING: lazy("Rendez-vous"),
    REPAIR: lazy("Réparation en visio"),
    SELLING: lazy("Vente en visio"),
    PAPERS: lazy("Factures et TVA"),
    BOOKS: lazy("Comptabilité"),
    MAIL: lazy("E-mails et SMS"),
    NETWORK: lazy("Réseau"),
    DATA: lazy("Données"),
}

ACCOUNTS: dict[str, tuple[Text, Text, str, str]] = {  # what each is for, its help, how it begins, and at first
    "customers": (lazy("Clients"), lazy("Ce que vos clients vous doivent."), "41", "411000"),
    "vat": (lazy("TVA collectée"), lazy("Celle que portent vos factures."), "4457", "445710"),
    "services": (lazy("Prestations de services"), lazy("Les réparations, hors taxes."), "70", "706000"),
    "goods": (lazy("Ventes de marchandises"), lazy("Les pièces et les articles, hors taxes."), "70", "707000"),
    "bank": (lazy("Banque"), lazy("Les virements."), "51", "512000"),
    "cash": (lazy("Caisse"), lazy("Les espèces."), "53", "530000"),
    "cheques": (lazy("Chèques à encaisser"), lazy("Les chèques, jusqu’à leur remise en banque."), "51", "511200"),
    "cards": (
        lazy("Cartes à encaisser"),
        lazy("Les cartes, au magasin ou en ligne, jusqu’au virement de la banque ou de Stripe."),
        "51",
        "511500",
    ),
    "bonus": (lazy("Bonus Réparation à recevoir"), lazy("Ce que vous doit l’éco-organisme."), "46", "467000"),
}

SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "shop_name",
            SHOP,
            lazy("Nom de la boutique"),
            lazy("En tête de chaque page et de chaque facture."),
            _text(80),
            needed=True,
        ),
        Setting(
            "tagline", SHOP, lazy("Ce que vous faites, en une ligne"), lazy("Sous le nom, sur chaque page."), _text(90)
        ),
        Setting(
            "phone",
            SHOP,
            lazy("Téléphone"),
            lazy("Affiché sur chaque page : un client inquiet doit pouvoir appeler."),
            phone,
            needed=True,
            show=phone_for_eyes,
        ),
        Setting(
            "email",
            SHOP,
            lazy("E-mail de la boutique"),
            lazy("Les clients y répondent ; les avis de réservation y arrivent."),
            _email,
            needed=True,
        ),
        Setting(
            "brand", SHOP, lazy("Couleur"), lazy("La seule couleur à choisir ; le reste s’accorde."), _colour, "#0f5c66"
        ),
        Setting(
            "language",
            SHOP,
            lazy("Langue de la boutique"),
            lazy("Celle des factures et des pages par défaut."),
            _one_of(LANGUAGES),
            "fr",
            choices=LANGUAGES,
        ),
        Setting(
            "zone", SHOP, lazy("Fuseau horaire"), lazy("Celui de toutes les heures affichées."), _zone, "Europe/Paris"
        ),
        Setting(
            "notice_minutes",
            BOOKING,
            lazy("Délai minimum"),
            lazy("On ne peut pas réserver plus tard que cela avant l’heure."),
            _whole(0, 10080),
            60,
            unit="min",
        ),
        Setting(
            "horizon_days",
            BOOKING,
            lazy("Jusqu’à combien de jours"),
            lazy("Le dernier jour proposé."),
            _whole(1, 365),
            28,
            unit="j",
        ),
        Setting(
            "holidays",
            BOOKING,
            lazy("Jours fériés"),
            lazy("Personne ne peut réserver ces jours-là ; chacun se rouvre à la page Équipe."),
            _one_of(HOLIDAYS),
            "FR",
            choices=HOLIDAYS,
        ),
        Setting(
            "early_minutes",
            BOOKING,
            lazy("Salle d’attente ouverte"),
            lazy("Avant l’heure du rendez-vous."),
            _whole(5, 240),
            30,
            unit="min",
        ),
        Setting(
            "fee",
            REPAIR,
            lazy("Tarif unique, TTC"),
            lazy("Dû seulement si la réparation réussit, quel que soit le temps."),
            _cents,
            2900,
            unit="€",
            show=_amount,
        ),
        Setting(
            "answer_hours",
            REPAIR,
            lazy("Sans réponse du client"),
            lazy("Après ce délai et deux e-mails, le réparateur peut confirmer lui-même, avec un motif."),
            _whole(24, 720),
            72,
            unit="h",
        ),
        Setting(
            "guarantee_months",
            REPAIR,
            lazy("Garantie de la réparation"),
            lazy("Si la panne revient d’ici là, l’appel suivant est à 0 €. 0 : aucune garantie offerte."),
            _whole(0, 60),
            3,
            unit=lazy("mois"),
        ),
        Setting(
            "check_days",
            REPAIR,
            lazy("Demander si ça marche toujours"),
            lazy("Par e-mail, tant de jours après une réparation réussie. 0 : ne pas demander."),
            _whole(0, 60),
            7,
            unit="j",
        ),
        Setting(
            "estimate_from",
            REPAIR,
            lazy("Devis à partir de"),
            lazy("Au-delà de ce total de pièces, le client accepte un devis daté, avec les mots de la loi."),
            _cents,
            15000,
            unit="€",
            show=_amount,
        ),
        Setting(
            "estimate_days",
            REPAIR,
            lazy("Un devis vaut"),
            lazy("Passé ce délai, il faut le refaire."),
            _whole(1, 365),
            30,
            unit="j",
        ),
        Setting(
            "nudge_days",
            REPAIR,
            lazy("Pièce sans nouvelles"),
            lazy("Un e-mail demande alors si elle est arrivée, deux fois au plus. 0 : jamais."),
            _whole(0, 90),
            5,
            unit="j",
        ),
        Setting(
            "gas_phone",
            REPAIR,
            lazy("Urgence gaz"),
            lazy("Donné à qui parle de gaz ; en France, le numéro gratuit du réseau."),
            phone,
            "+33800473333",
            show=phone_for_eyes,
        ),
        Setting(
            "web_shop",
            SELLING,
            lazy("Votre boutique en ligne"),
            lazy("Le panier fait en visio y est rempli d’un geste. Sans elle, le client commande et paie ici."),
            _one_of(WEB_SHOPS),
            "",
            choices=WEB_SHOPS,
        ),
        Setting(
            "web_shop_url",
            SELLING,
            lazy("Son adresse"),
            lazy("Celle de sa page d’accueil, comme https://boutique.example."),
            webshops.check_base,
        ),
        Setting(
            "web_shop_pattern",
            SELLING,
            lazy("L’adresse qui ajoute au panier"),
            lazy(
                "Pour une autre boutique. À la place de {id}, {variant}, {product}, {sku} et {quantity} vient "
                "l’article ; une partie entre crochets est répétée pour chaque ligne."
            ),
            webshops.check_pattern,
        ),
        Setting(
            "web_shop_marker",
            SELLING,
            lazy("Marque de ces liens"),
            lazy(
                "Facultatif : ajoutée à la fin de chaque lien, comme utm_source=visio, pour que les statistiques de "
                "votre boutique en ligne comptent ces visites. La même pour tous : elle ne dit rien du client."
            ),
            webshops.check_marker,
        ),
        Setting(
            "delivery",
            SELLING,
            lazy("Livrer les commandes"),
            lazy("Pour les commandes faites ici, sans boutique en ligne."),
            _one_of(YES_NO),
            "yes",
            choices=YES_NO,
        ),
        Setting("delivery_price", SELLING, lazy("Prix de la livraison, TTC"), "", _cents, 590, unit="€", show=_amount),
        Setting(
            "delivery_free_from",
            SELLING,
            lazy("Livraison offerte à partir de"),
            lazy("D’articles commandés. 0 : jamais offerte."),
            _cents,
            0,
            unit="€",
            show=_amount,
        ),
        Setting(
            "collect",
            SELLING,
            lazy("Retirer au magasin"),
            lazy("Le client vient chercher sa commande quand vous lui dites qu’elle est prête."),
            _one_of(YES_NO),
            "yes",
            choices=YES_NO,
        ),
        Setting(
            "legal_name",
            PAPERS,
            lazy("Nom légal"),
            lazy("Dénomination sociale ; pour une entreprise individuelle, prénom et nom."),
            _text(120),
            needed=True,
        ),
        Setting(
            "legal_form",
            PAPERS,
            lazy("Forme juridique"),
            lazy("Imprimée sur chaque facture."),
            _one_of(LEGAL_FORMS),
            "",
            needed=True,
            choices=LEGAL_FORMS,
        ),
        Setting(
            "capital",
            PAPERS,
            lazy("Capital social"),
            lazy("Pour les sociétés seulement, comme « 5 000 € »."),
            _text(40),
        ),
        Setting("street", PAPERS, lazy("Adresse"), lazy("Numéro et rue."), _text(120), needed=True),
        Setting("postcode", PAPERS, lazy("Code postal"), "", _text(12), needed=True),
        Setting("city", PAPERS, lazy("Ville"), "", _text(80), needed=True),
        Setting(
            "siret",
            PAPERS,
            lazy("SIRET"),
            lazy("14 chiffres, vérifiés ; les neuf premiers sont votre SIREN."),
            _checked(stdnum_siret, lazy("Ce numéro SIRET n’est pas juste : vérifiez ses 14 chiffres.")),
            needed=True,
        ),
        Setting("register", PAPERS, lazy("Registre"), lazy("Comme « RCS Lyon » ou « RNE »."), _text(80), needed=True),
        Setting(
            "publisher",
            PAPERS,
            lazy("Directeur de la publication"),
            lazy("Qui répond de ces pages, nommé aux mentions légales : d’ordinaire vous."),
            _text(120),
        ),
        Setting(
            "vat_regime",
            PAPERS,
            lazy("TVA"),
            lazy("En franchise, les factures portent la mention légale."),
            _one_of(VAT_REGIMES),
            "",
            needed=True,
            choices=VAT_REGIMES,
        ),
        Setting(
            "vat_number",
            PAPERS,
            lazy("Numéro de TVA"),
            lazy("FR suivi de 11 chiffres."),
            _checked(stdnum_vat, lazy("Ce numéro de TVA n’est pas juste.")),
        ),
        Setting(
            "vat_rate",
            PAPERS,
            lazy("Taux de TVA du forfait"),
            lazy("Celui de la réparation à distance ; à faire confirmer par votre comptable."),
            _rate,
            2000,
            choices=VAT_RATES,
        ),
        Setting(
            "parts_vat_rate",
            PAPERS,
            lazy("Taux de TVA des pièces"),
            lazy("Celui des pièces envoyées ; à faire confirmer par votre comptable."),
            _rate,
            2000,
            choices=VAT_RATES,
        ),
        Setting(
            "vat_on_debits",
            PAPERS,
            lazy("TVA d’après les débits"),
            lazy("Oui seulement si vous avez pris cette option : la TVA est alors due à la facture."),
            _one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "due_days",
            PAPERS,
            lazy("Délai de paiement"),
            lazy("Imprimé sur la facture : à payer avant le…"),
            _whole(0, 60),
            14,
            unit="j",
        ),
        Setting(
            "iban",
            PAPERS,
            lazy("IBAN"),
            lazy("Sur les factures, pour le virement ; vérifié."),
            _checked(stdnum_iban, lazy("Cet IBAN n’est pas juste : vérifiez chaque signe.")),
            needed=True,
        ),
        Setting("bic", PAPERS, lazy("BIC"), lazy("Pour un virement venu d’ailleurs."), _text(11)),
        Setting(
            "repair_bonus",
            PAPERS,
            lazy("Bonus Réparation"),
            lazy(
                "Oui seulement si la boutique a le label QualiRépar, et si l’éco-organisme vous a dit qu’une "
                "réparation à distance y a droit : nous n’en sommes pas sûrs. Les montants sont à la page Bonus "
                "Réparation."
            ),
            _one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "stripe_key",
            PAPERS,
            lazy("Clé Stripe"),
            lazy("Pour être payé par carte en ligne, la facture remise. Demande l’extra « stripe » à l’installation."),
            _stripe_key,
            secret=True,
        ),
        Setting(
            "stripe_webhook",
            PAPERS,
            lazy("Secret du webhook Stripe"),
            lazy("Facultatif, pour voir un paiement aussitôt : donnez à Stripe l’adresse /stripe/webhook."),
            _text(200),
            secret=True,
        ),
        Setting(
            "insurance",
            PAPERS,
            lazy("Assurance professionnelle"),
            lazy("Assureur, adresse, territoire, si la vôtre est obligatoire."),
            _text(300),
        ),
        Setting(
            "mediator",
            PAPERS,
            lazy("Médiateur de la consommation"),
            lazy("Nom, adresse et site du médiateur dont vous relevez."),
            _text(300),
            needed=True,
        ),
        *(
            Setting(f"account_{name}", BOOKS, label, told, _account(root), first)
            for name, (label, told, root, first) in ACCOUNTS.items()
        ),
        Setting(
            "smtp_host",
            MAIL,
            lazy("Serveur d’envoi"),
            lazy("Vide : aucun e-mail n’est envoyé, les pages le disent."),
            _text(120),
        ),
        Setting("smtp_port", MAIL, lazy("Port"), "", _whole(1, 65535), 587),
        Setting(
            "smtp_security", MAIL, lazy("Sécurité"), "", _one_of(SMTP_SECURITIES), "starttls", choices=SMTP_SECURITIES
        ),
        Setting("smtp_user", MAIL, lazy("Compte"), "", _text(120)),
        Setting(
            "smtp_password",
            MAIL,
            lazy("Mot de passe"),
            lazy("Gardé dans la base de la boutique."),
            _text(200),
            secret=True,
        ),
        Setting("mail_from", MAIL, lazy("Expéditeur"), lazy("Vide : l’e-mail de la boutique."), _email),
        Setting(
            "sms_url",
            MAIL,
            lazy("Passerelle SMS"),
            lazy(
                "L’adresse que donne votre opérateur de SMS, ou une passerelle à vous. Partent par SMS : le rappel de "
                "la dernière heure, un retard et, à qui n’a pas d’e-mail, la réservation et ses changements. "
                "Vide : aucun."
            ),
            _web_address,
        ),
        Setting(
            "sms_body",
            MAIL,
            lazy("Ce que reçoit la passerelle"),
            lazy(
                "Un formulaire ou du JSON, d’après sa notice : to où va le numéro, text où va le message, "
                "entre accolades."
            ),
            _sms_body,
            "to={to}&text={text}",
        ),
        Setting(
            "sms_authorization",
            MAIL,
            lazy("Autorisation de la passerelle"),
            lazy("L’en-tête Authorization de sa notice, comme « Bearer » suivi de votre clé."),
            _text(500),
            secret=True,
        ),
        Setting(
            "public_name",
            NETWORK,
            lazy("Nom public"),
            lazy("Ce que tapent vos clients, comme visio.maboutique.fr. Vide : l’adresse choisie à l’installation."),
            _public_name,
        ),
        Setting(
            "certificate",
            NETWORK,
            lazy("Certificat automatique"),
            lazy("Oui : demandé pour ce nom à une autorité dont vous acceptez les conditions, renouvelé tout seul."),
            _one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "public_address",
            NETWORK,
            lazy("Adresse publique"),
            lazy("Celle de votre box. Vide : celle du nom public de la boutique, relue toutes les cinq minutes."),
            _public_addresses,
        ),
        Setting(
            "stun_server",
            NETWORK,
            lazy("Serveur STUN"),
            lazy("Interrogé toutes les cinq minutes sur l’adresse de la box. Vide : personne n’est interrogé."),
            _stun_server,
        ),
        Setting(
            "time_server",
            NETWORK,
            lazy("Serveur d’heure"),
            lazy(
                "Interrogé toutes les heures : au-delà de cinq minutes d’écart, aucun papier n’est fait. "
                "Vide : personne n’est interrogé."
            ),
            _time_server,
        ),
        Setting(
            "turn_urls",
            NETWORK,
            lazy("Serveur TURN"),
            lazy("Pour les réseaux qui bloquent tout le reste. Plusieurs adresses : séparées par des espaces."),
            _turn_urls,
        ),
        Setting(
            "turn_secret",
            NETWORK,
            lazy("Secret partagé du TURN"),
            lazy("Chaque client reçoit un mot de passe à lui, valable un jour."),
            _text(200),
            secret=True,
        ),
        Setting("turn_user", NETWORK, lazy("Compte TURN"), lazy("Seulement sans secret partagé."), _text(120)),
        Setting("turn_password", NETWORK, lazy("Mot de passe TURN"), "", _text(200), secret=True),
        Setting(
            "metrics_token",
            NETWORK,
            lazy("Jeton de /metrics"),
            lazy("Pour qui surveille l’appareil avec Prometheus : quelques chiffres, rien des clients. Vide : fermé."),
            _token,
            secret=True,
        ),
        Setting(
            "backup_hour",
            DATA,
            lazy("Heure de la sauvegarde"),
            lazy("Chaque jour, à cette heure de la boutique ; personne ne s’en aperçoit, même en appel."),
            _whole(0, 23),
            3,
            unit="h",
        ),
        Setting(
            "s3_url",
            DATA,
            lazy("Stockage S3"),
            lazy(
                "L’adresse d’un stockage compatible S3 : chaque sauvegarde y part aussi, chiffrée."
                " Demande l’extra « s3 » à l’installation. Vide : aucun."
            ),
            _storage,
        ),
        Setting(
            "s3_region",
            DATA,
            lazy("Région du stockage"),
            lazy("Comme votre fournisseur l’écrit ; vide s’il n’en a pas."),
            _word,
        ),
        Setting(
            "s3_bucket",
            DATA,
            lazy("Bucket des sauvegardes"),
            lazy("À cette boutique seule : les vieilles sauvegardes en sont ôtées."),
            _word,
        ),
        Setting("s3_key", DATA, lazy("Clé d’accès au stockage"), "", _text(200)),
        Setting(
            "s3_secret",
            DATA,
            lazy("Clé secrète du stockage"),
            lazy("Gardée dans la base de la boutique."),
            _text(200),
            secret=True,
        ),
        Setting(
            "open_repair",
            DATA,
            lazy("Partager les résultats des réparations"),
            lazy(
                "Oui : Chiffres offre une feuille au format de l’Open Repair Alliance, à envoyer ou non. Appareil, "
                "marque, jour et résultat ; ni nom, ni texte écrit, ni photo. Ce qui est envoyé devient public."
            ),
            _one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "keep_pictures_months",
            DATA,
            lazy("Photos d’un dossier clos"),
            lazy(
                "Effacées ensuite, avec le compte rendu illustré, jamais avant la fin de la garantie."
                " Aucune loi ne demande de les garder."
            ),
            _whole(1, 120),
            12,
            unit=lazy("mois"),
        ),
        Setting(
            "keep_words_months",
            DATA,
            lazy("Messages, e-mails et invités d’un dossier clos"),
            lazy(
                "Le texte des messages et des e-mails, les noms des invités, les essais de matériel."
                " Aucune loi ne demande de les garder."
            ),
            _whole(1, 120),
            12,
            unit=lazy("mois"),
        ),
        Setting(
            "keep_cases_years",
            DATA,
            lazy("Nom et coordonnées d’un dossier clos"),
            lazy(
                "Cinq ans : le temps pendant lequel un client ou vous pouvez encore réclamer (article 2224 du code"
                " civil). Le dossier reste, sans personne."
            ),
            _whole(2, 10),
            5,
            unit=lazy("ans"),
        ),
    )
}


def public_url(config: Config) -> str:
    """The shop's address on the internet: what the owner gave, else the installer; empty while nobody did."""
    name = get("public_name")
    return f"https://{name}" if name else config.public_url


def host(address: str) -> str:
    """The name, or the IP address, in an address like ``https://visio.example:8443``."""
    return urlsplit(address).hostname or ""


def base_url(config: Config) -> str:
    """Where people reach the shop: its public address, else this machine's on the local network."""
    return public_url(config) or config.base_url


def get(name: str) -> Any:
    """The setting's value: what was put, else its default."""
    put_ = _put()
    return json.loads(put_[name]) if name in put_ else SETTINGS[name].default


def _put() -> dict[str, str]:
    """What was put, asked once a transaction: within one, nobody else's change is seen anyway."""
    kept = db.session.info.get("settings")
    if kept is None:
        kept = {name: value for name, value in db.session.execute(select(SettingRow.name, SettingRow.value))}
        db.session.info["settings"] = kept
    found: dict[str, str] = kept
    return found


@event.listens_for(db.session, "after_transaction_end")
def _forget(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop("settings", None)


def read(typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as values. Raises Invalid naming each field that cannot be used."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, text in typed.items():
        setting = SETTINGS[name]
        try:
            values[name] = setting.read(text)
            if setting.needed and values[name] == "":
                wrong[name] = _("Nécessaire pour vos factures.")
        except ValueError as error:
            wrong[name] = str(error)
    wrong |= {name: why for name, why in _together(values).items() if name in typed}
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    return values


def _together(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong only in view of another setting."""

    def value(name: str) -> Any:
        return values.get(name, get(name))

    wrong = {}
    if value("vat_regime") == "standard" and not value("vat_number"):
        wrong["vat_number"] = _("Nécessaire quand la boutique facture la TVA.")
    if value("legal_form") in CAPITAL_FORMS and not value("capital"):
        wrong["capital"] = _("Nécessaire pour une société.")
    if value("web_shop") in webshops.KINDS and not value("web_shop_url"):
        wrong["web_shop_url"] = _("Nécessaire pour y remplir le panier.")
    if value("web_shop") == "own" and not value("web_shop_pattern"):
        wrong["web_shop_pattern"] = _("Nécessaire pour y remplir le panier.")
    for name in ("s3_bucket", "s3_key", "s3_secret"):
        if value("s3_url") and not value(name):
            wrong[name] = _("Nécessaire pour envoyer les sauvegardes.")
    if value("turn_urls") and not value("turn_secret") and not (value("turn_user") and value("turn_password")):
        wrong["turn_urls"] = _("Donnez aussi le secret partagé, ou le compte et son mot de passe.")
    return wrong


def put(typed: Mapping[str, str], by: str, now: datetime) -> list[str]:
    """Keep what was typed, with its history; answers the names that changed. Raises Invalid, changing nothing."""
    changed = []
    for name, value in read(typed).items():
        before = get(name)
        if value == before:
            continue
        changed.append(name)
        row = db.session.get(SettingRow, name) or SettingRow(name=name)
        row.value = json.dumps(value)
        db.session.add(row)
        hidden = SETTINGS[name].secret
        db.session.add(
            SettingChange(
                at=now,
                by=by,
                name=name,
                before=json.dumps("•••" if hidden and before else before, ensure_ascii=False),
                after=json.dumps("•••" if hidden and value else value, ensure_ascii=False),
            )
        )
    db.session.flush()
    db.session.info.pop("settings", None)
    return changed


def changes(name: str, before: int | None, limit: int) -> list[SettingChange]:
    """The latest changes of one setting, or of all, or those before one; newest first."""
    found = select(SettingChange).order_by(SettingChange.id.desc()).limit(limit)
    found = found.where(SettingChange.name == name) if name else found
    return list(db.session.scalars(found.where(SettingChange.id < before) if before else found))


def last_changes(names: Collection[str]) -> dict[str, SettingChange]:
    """The latest change of each of these settings that was changed at all."""
    latest = select(func.max(SettingChange.id)).where(SettingChange.name.in_(names)).group_by(SettingChange.name)
    return {one.name: one for one in db.session.scalars(select(SettingChange).where(SettingChange.id.in_(latest)))}


def search(words: str) -> list[Setting]:
    """The settings whose label, help, group or choices hold every word, whatever its accents and case; those whose
    label holds them come first."""
    wanted = plain(words).split()
    found = [one for one in SETTINGS.values() if all(word in _all_words(one) for word in wanted)]
    return sorted(found, key=lambda one: not all(word in plain(str(one.label)) for word in wanted))


def _all_words(setting: Setting) -> str:
    choices = " ".join(map(str, setting.choices.values())) if setting.choices else ""
    return plain(f"{setting.label} {setting.help} {GROUPS[setting.group]} {choices} {setting.name}")


def plain(text: str) -> str:
    """Without accents and capitals, typographic apostrophes as they are typed."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    return bare.lower().replace("’", "'")


TEST = "test-mode"  # no setting: what a base is, from its first day on


def is_test() -> bool:
    """Whether this base was made in the test mode: nothing in it is real, and it never becomes so."""
    return bool(kept(TEST))


def mark_test() -> None:
    """This new base is one of the test mode, for good."""
    keep(TEST, True)


def kept(name: str) -> Any:
    """What the appliance itself noted under this name, no setting of the table; None when it did not."""
    return json.loads(_put().get(name, "null"))


def keep(name: str, value: Any) -> None:
    """Note it, in the caller's write."""
    row = db.session.get(SettingRow, name) or SettingRow(name=name)
    row.value = json.dumps(value)
    db.session.add(row)
    db.session.flush()
    db.session.info.pop("settings", None)


def note_change(name: str, by: str, now: datetime) -> None:
    """In the history, that something was changed whose value is nobody's to read."""
    db.session.add(SettingChange(at=now, by=by, name=name, before="•••", after="•••"))
    db.session.flush()


def zone() -> ZoneInfo:
    """The shop's time zone."""
    return ZoneInfo(get("zone"))


def missing() -> list[Setting]:
    """The settings that papers need and nobody has given."""
    lacking = [setting for setting in SETTINGS.values() if setting.needed and get(setting.name) == ""]
    return lacking + [SETTINGS[name] for name in _together({})]
