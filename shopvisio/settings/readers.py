"""What a shopkeeper typed, as a value: each of these takes a text, or raises ValueError with the sentence to show."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from babel.support import LazyProxy
from email_validator import EmailNotValidError, validate_email
from stdnum.exceptions import ValidationError

from shopvisio import money
from shopvisio.i18n import _

Text = str | LazyProxy  # a label: plain, or translated when it is read
Read = Callable[[str], Any]
VAT_RATES: dict[str, Text] = {"2000": "20 %", "1000": "10 %", "850": "8,5 %", "550": "5,5 %", "210": "2,1 %"}
SMS_JSON = ('{"', "{\n", "{ ", "[")  # how a body begins that is JSON, and not a form whose first place is {to}


def text(longest: int) -> Read:
    def read(typed: str) -> str:
        value = typed.strip()
        if len(value) > longest:
            raise ValueError(_("C’est trop long : {n} signes au plus.", n=longest))
        return value

    return read


def whole(lowest: int, highest: int) -> Read:
    def read(typed: str) -> int:
        value = typed.strip()
        if not (value.isascii() and value.isdigit() and len(value) < 10 and lowest <= int(value) <= highest):
            raise ValueError(_("Un nombre entier, de {low} à {high}.", low=lowest, high=highest))
        return int(value)

    return read


def one_of(choices: Mapping[str, Text]) -> Read:
    def read(typed: str) -> str:
        if typed not in choices:
            raise ValueError(_("Choisissez dans la liste."))
        return typed

    return read


def account(root: str) -> Read:
    """A number of the general chart that begins with ``root``: three digits, then up to nine digits or capitals."""

    def read(typed: str) -> str:
        value = typed.replace(" ", "").upper()
        if not (value.startswith(root) and re.fullmatch(r"[0-9]{3}[0-9A-Z]{0,9}", value, re.ASCII)):
            raise ValueError(_("Un numéro de compte qui commence par {root}, de 3 à 12 signes.", root=root))
        return value

    return read


def stripe_key(typed: str) -> str:
    value = typed.strip()
    if value and not re.fullmatch(r"(sk|rk)_(live|test)_\w{8,200}", value):
        raise ValueError(_("Une clé secrète de Stripe commence par sk_ ou rk_."))
    return value


def cents(typed: str) -> int:
    try:
        return money.cents(typed)
    except ValueError:
        raise ValueError(_("Un montant comme 29 ou 29,90.")) from None


def email(typed: str) -> str:
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


def checked(library: Any, sentence: Text) -> Read:
    def read(typed: str) -> str:
        if not typed.strip():
            return ""
        try:
            return str(library.validate(typed))
        except ValidationError:
            raise ValueError(str(sentence)) from None

    return read


def rate(typed: str) -> int:
    return int(one_of(VAT_RATES)(typed))


def zone(typed: str) -> str:
    if typed not in available_timezones():
        raise ValueError(_("Un fuseau comme Europe/Paris."))
    return typed


def colour(typed: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", typed.strip()):
        raise ValueError(_("Une couleur comme #0f5c66."))
    return typed.strip().lower()


def amount(value: int) -> str:
    return f"{value // 100},{value % 100:02}" if value % 100 else str(value // 100)


def public_addresses(typed: str) -> str:
    try:
        return " ".join(str(ipaddress.ip_address(one)) for one in typed.replace(",", " ").split())
    except ValueError:
        raise ValueError(_("Une adresse comme 203.0.113.7, ou plusieurs séparées par des espaces.")) from None


def stun_server(typed: str) -> str:
    found = re.fullmatch(r"([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})", typed.strip())
    if typed.strip() and not (found and 0 < int(found[2]) < 65536):
        raise ValueError(_("Un nom et un port, comme stun.exemple.example:3478."))
    return typed.strip()


def time_server(typed: str) -> str:
    found = re.fullmatch(r"([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?", typed.strip())
    if typed.strip() and not (found and 0 < int((found[2] or ":123")[1:]) < 65536):
        raise ValueError(_("Un nom, comme ntp.exemple.example."))
    return typed.strip()


def turn_urls(typed: str) -> str:
    for url in typed.split():
        if not re.fullmatch(r"turns?:([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?(\?transport=(udp|tcp))?", url):
            raise ValueError(_("Une adresse comme turns:relais.exemple.example:443?transport=tcp."))
    return " ".join(typed.split())


def web_address(typed: str) -> str:
    url = typed.strip()
    if url and not (re.fullmatch(r"https?://[^\s/?#@]+[^\s]*", url) and len(url) <= 500):
        raise ValueError(_("Une adresse entière, comme https://sms.exemple.example/envoi."))
    return url


def sms_body(typed: str) -> str:
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


def storage(typed: str) -> str:
    url = typed.strip().rstrip("/")
    if url and not re.fullmatch(r"https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?", url):
        raise ValueError(_("Une adresse comme https://s3.exemple.example, sans le nom du bucket."))
    return url


def word(typed: str) -> str:
    value = typed.strip()
    if not re.fullmatch(r"([a-zA-Z0-9][a-zA-Z0-9._-]{0,62})?", value):
        raise ValueError(_("Un seul mot, sans accent ni espace."))
    return value


def token(typed: str) -> str:
    value = typed.strip()
    if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{20,200}", value):
        raise ValueError(_("Vingt signes au moins, au hasard, sans espace ni accent."))
    return value


HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def is_host(name: str) -> bool:
    """Whether this is a name of the internet, as an authority certifies it: no address, no single word."""
    return HOST.fullmatch(name) is not None and not name.endswith(".local")


def public_name(typed: str) -> str:
    """``visio.example``, with ``:8443`` where it is not the usual port, of whatever was pasted."""
    value = typed.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    host, _colon, port = value.partition(":")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        host = ""
    if value and not (is_host(host) and (not port or (re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 65536))):
        raise ValueError(_("Un nom comme visio.maboutique.fr, sans espace ni page."))
    return f"{host}:{port}" if port and port != "443" else host
