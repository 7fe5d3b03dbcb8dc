"""What is served right now: the shop's own pair, else the authority's, else one that we signed ourselves."""

import json
import logging
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shopvisio import child, hub, settings, tls
from shopvisio.certificate import plan, tries
from shopvisio.config import BadConfig, Config, lan_address
from shopvisio.db import db, writing
from shopvisio.errors import Unavailable
from shopvisio.tls import Facts

log = logging.getLogger(__name__)

EVERY = 60.0  # seconds between two looks at the files, and at whether an order is due
ORDER, SECONDS, MEGABYTES = "shopvisio.certificate.order", 150, 512


class Keeper:
    """``context`` is what new connections get, ``served`` what its certificate says, ``how`` where it is from: "own"
    (the installer's files), "authority" or "self"; ``fault`` why the latest files cannot be served, or empty.

    Raises BadConfig where the installer's files cannot be served at the start.
    """

    def __init__(self, config: Config, now: datetime) -> None:
        self._config = config
        self._pem = b""
        self.alarm = hub.Alarm()
        self.is_asked = False  # the owner wants the next order as soon as may be
        self.is_ordering = False
        self.fault = ""
        self.look(now)
        if self.fault:
            raise BadConfig(f"{config.tls_cert} and {config.tls_key} cannot be used for HTTPS: {self.fault}.")

    def look(self, now: datetime) -> None:
        """Serve what lies there by now. What cannot be served changes nothing, and is told by ``fault``."""
        try:
            how, pem = self._find(now)
            if pem != self._pem:
                self._take(how, pem)
            self.fault = ""
        except (OSError, ValueError) as error:
            if str(error) != self.fault:
                log.error("a certificate cannot be served", extra={"why": str(error)})
            self.fault = str(error)

    def _take(self, how: str, pem: bytes) -> None:
        context, facts = tls.serving(pem), tls.facts(pem)  # all of it, before any of it counts
        self.context: ssl.SSLContext = context
        self.served, self.how, self._pem = facts, how, pem
        log.info("certificate served", extra={"how": how, "until": facts.until.isoformat()})

    def _find(self, now: datetime) -> tuple[str, bytes]:
        config = self._config
        if config.tls_cert and config.tls_key:
            return "own", tls.read(config.tls_cert, config.tls_key)
        ordered = _file(config)
        if ordered.exists() and tls.facts(pem := ordered.read_bytes()).until > now:
            return "authority", pem
        lan = lan_address()
        names = tls.names(urlsplit(config.public_url).hostname or "", [lan] if lan != "localhost" else [])
        return "self", tls.read(*tls.self_signed(config.secrets, names, now))

    def ask(self) -> None:
        """The owner mended something: order as soon as may be."""
        self.is_asked = True
        self.alarm.ring()


@dataclass(frozen=True)
class Wish:
    """What is ordered: a certificate for ``name`` from the authority at ``directory``, which ``roots`` vouches for (""
    for those that everybody trusts)."""

    name: str
    directory: str
    roots: str


def wish(config: Config) -> Wish | None:
    """What the owner wants ordered; nothing before they gave a name and agreed, or where others see to it."""
    name = settings.host(settings.public_url(config))
    if settings.get("certificate") != "yes" or config.tls_cert or not config.tls_port or not settings.is_host(name):
        return None
    return Wish(name, config.acme_directory, str(config.acme_roots or ""))


def kept(config: Config) -> Facts | None:
    """What the certificate says that the authority gave last."""
    try:
        return tls.facts(_file(config).read_bytes())
    except (OSError, ValueError):
        return None


def due(config: Config, keeper: Keeper, now: datetime) -> datetime | None:
    """When the next order is made, None where nobody wants one."""
    wanted = wish(config)
    return plan.due(kept(config), wanted.name, tries.latest(), now, keeper.is_asked) if wanted else None


def order_if_due(config: Config, keeper: Keeper, now: datetime) -> None:
    """Order where it is due; what comes is served at once. It waits for the authority, outside any transaction."""
    wanted, when = wish(config), due(config, keeper, now)
    db.session.rollback()
    if wanted is None or when is None or when > now:
        return
    keeper.is_asked, keeper.is_ordering = False, True
    try:
        code, words = _order(config, wanted)
    finally:
        keeper.is_ordering = False
    with writing():
        tries.note(wanted.name, code, words, now)
    log.info("certificate ordered", extra={"came": not code, "code": code})
    keeper.look(now)


def _order(config: Config, wanted: Wish) -> tuple[str, str]:
    """Why there is none, and the words for it; both empty where it came and lies in its place."""
    config.challenges.mkdir(mode=0o700, exist_ok=True)
    given = {
        "directory": wanted.directory,
        "roots": wanted.roots,
        "account": _account(config).decode(),
        "name": wanted.name,
        "folder": str(config.challenges),
    }
    try:
        run = hub.in_thread(child.run, ORDER, json.dumps(given).encode(), SECONDS, MEGABYTES, timeout=SECONDS + 10)
    except Unavailable as error:
        return "unreachable", error.message
    told = json.loads(run)
    if "pem" not in told:
        return told["code"], told["words"]
    pem = told["pem"].encode()
    try:
        tls.serving(pem)  # tried before anything is replaced
        if wanted.name not in tls.facts(pem).names:
            raise ValueError(f"it is not for {wanted.name}")
    except (OSError, ValueError) as error:
        return "unusable", str(error)
    tls.write(_file(config), pem)
    return "", ""


def _file(config: Config) -> Path:
    return config.secrets / "authority.pem"


def _account(config: Config) -> bytes:
    """The key by which the authority knows us, made at the first order."""
    file = config.secrets / "authority-account.key"
    if not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        tls.write(file, made.private_bytes(serialization.Encoding.PEM, kind, plain))
    return file.read_bytes()
