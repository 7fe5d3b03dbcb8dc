"""The deployment's configuration: environment in, one frozen value out, nonsense refused with a sentence."""

import importlib.util
import ipaddress
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


EXTRAS = {"stripe": "stripe", "s3": "boto3"}  # what only some shops need: its name, and what it imports
AUTHORITY = "https://acme-v02.api.letsencrypt.org/directory"  # asked only once the owner gave a name and agreed
LAN_MEDIA_PORT = 8443  # browsers refuse media below 1024 at private addresses: staff in the shop could not call


class BadConfig(Exception):
    """The appliance must not start so; the message says which setting is wrong and what it may be."""


@dataclass(frozen=True)
class Config:
    """What the installer decides; what the shopkeeper decides is in ``settings``."""

    data: Path  # the folder that holds everything to keep
    bind: str  # the address to listen on
    port: int  # plain HTTP; 0 = off
    tls_port: int  # HTTPS; 0 = off
    media_port: int  # UDP, all media of all calls
    media_addresses: tuple[str, ...]  # further addresses at which customers reach the media port
    public_url: str  # "https://visio.example", or "" while nobody has said
    tls_cert: Path | None  # own PEM files, both or none
    tls_key: Path | None
    acme_directory: str  # the authority that certificates are ordered from
    acme_roots: Path | None  # what vouches for it, where it is not one that everybody trusts
    trusted_proxies: tuple[Network, ...]
    log_level: str
    stripe_api: str  # where Stripe is spoken to; "" for Stripe itself
    backups: Path  # where backups go: best a folder of another disk
    secret_key: bytes
    test: bool = False  # nothing is real: a base of its own, every page and every paper says so

    @property
    def base_url(self) -> str:
        """Where people reach the shop: the public address, else this machine's on the local network."""
        if self.public_url:
            return self.public_url
        scheme, port, usual = ("https", self.tls_port, 443) if self.tls_port else ("http", self.port, 80)
        return f"{scheme}://{lan_address()}" + ("" if port == usual else f":{port}")

    @property
    def uploads(self) -> Path:
        """Where customers' photos are kept."""
        return self.data / "uploads"

    @property
    def arriving(self) -> Path:
        """Where what is sent to us lies until it is whole."""
        return self.data / "tmp"

    @property
    def archives(self) -> Path:
        """Where the archives of the years are kept."""
        return self.data / "archives"

    @property
    def challenges(self) -> Path:
        """What port 80 answers an authority while a certificate is ordered."""
        return self.data / "challenges"

    @property
    def secrets(self) -> Path:
        """Keys and certificates, mode 0700."""
        return self.data / "secrets"


def lan_address() -> str:
    """This machine's address on the local network, or localhost. Nothing is sent: the routing table is asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # an address for documents, never reached
        except OSError:
            return "localhost"
        return str(asked.getsockname()[0])


def load(env: Mapping[str, str] = os.environ) -> Config:
    """The configuration from the environment; makes the data folder and the secrets at first start.

    Raises BadConfig naming the variable at fault.
    """
    data = _folder(env.get("SHOPVISIO_DATA", "/var/lib/shopvisio"))
    test = _choice(env, "SHOPVISIO_TEST", "no", ("no", "yes")) == "yes"
    if test:
        data = _folder(str(data / "test"))
    port = _number(env, "SHOPVISIO_PORT", 80)
    tls_port = _number(env, "SHOPVISIO_TLS_PORT", 443)
    if not port and not tls_port:
        raise BadConfig("SHOPVISIO_PORT and SHOPVISIO_TLS_PORT are both 0: nobody could come in.")
    if port and port == tls_port:
        raise BadConfig(f"SHOPVISIO_PORT and SHOPVISIO_TLS_PORT are both {port}: they must differ.")
    _have(env, "SHOPVISIO_EXTRAS")
    cert, key = _file(env, "SHOPVISIO_TLS_CERT"), _file(env, "SHOPVISIO_TLS_KEY")
    if (cert is None) != (key is None):
        raise BadConfig("SHOPVISIO_TLS_CERT and SHOPVISIO_TLS_KEY go together: give both or none.")
    return Config(
        data=data,
        bind=_address(env, "SHOPVISIO_BIND", "0.0.0.0"),  # noqa: S104 - an appliance serves the house
        port=port,
        tls_port=tls_port,
        media_port=_number(env, "SHOPVISIO_MEDIA_PORT", tls_port if tls_port >= 1024 else LAN_MEDIA_PORT, lowest=1),
        media_addresses=tuple(_addresses(env, "SHOPVISIO_MEDIA_ADDRESSES")),
        public_url=_url(env, "SHOPVISIO_PUBLIC_URL"),
        tls_cert=cert,
        tls_key=key,
        acme_directory=_directory(env, "SHOPVISIO_ACME_DIRECTORY"),
        acme_roots=_file(env, "SHOPVISIO_ACME_ROOTS"),
        trusted_proxies=tuple(_networks(env, "SHOPVISIO_TRUSTED_PROXIES")),
        stripe_api=_url(env, "SHOPVISIO_STRIPE_API"),
        log_level=_choice(env, "SHOPVISIO_LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        backups=_place(env, "SHOPVISIO_BACKUPS") or data / "backups",
        secret_key=secret(data / "secrets" / "secret.key"),
        test=test,
    )


def secret(path: Path) -> bytes:
    """The 32 random bytes kept at ``path``, made at first use, readable by the appliance alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()


def _folder(value: str) -> Path:
    path = Path(value).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfig(f"SHOPVISIO_DATA={value}: this folder cannot be made ({error.strerror}).") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadConfig(f"SHOPVISIO_DATA={value}: this folder cannot be written to.")
    return path


def _number(env: Mapping[str, str], name: str, default: int, lowest: int = 0) -> int:
    value = env.get(name, "") or str(default)
    if not (value.isascii() and value.isdigit() and lowest <= int(value) <= 65535):
        raise BadConfig(f"{name}={value}: a port is a whole number from {lowest} to 65535.")
    return int(value)


def _address(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name, "") or default
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise BadConfig(f"{name}={value}: this is not an IP address.") from None


def _addresses(env: Mapping[str, str], name: str) -> list[str]:
    found = []
    for value in env.get(name, "").replace(",", " ").split():
        found.append(_address({name: value}, name, value))
    return found


def _networks(env: Mapping[str, str], name: str) -> list[Network]:
    found: list[Network] = []
    for value in env.get(name, "").replace(",", " ").split():
        try:
            found.append(ipaddress.ip_network(value))
        except ValueError:
            raise BadConfig(f"{name}={value}: this is neither an address nor a network.") from None
    return found


def _url(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query):
        raise BadConfig(f"{name}={value}: give the shop's address alone, as in https://visio.example.")
    return value


def _directory(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "") or AUTHORITY
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname:
        raise BadConfig(f"{name}={value}: give the authority's ACME directory, as in https://ca.example/directory.")
    return value


def _file(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name, "")
    if value and not os.access(value, os.R_OK):
        raise BadConfig(f"{name}={value}: this file cannot be read.")
    return Path(value) if value else None


def _place(env: Mapping[str, str], name: str) -> Path | None:
    """A folder that may be away now: a disk is not always there."""
    value = env.get(name, "")
    if value and not Path(value).is_absolute():
        raise BadConfig(f"{name}={value}: give the whole path, from the root on.")
    return Path(value) if value else None


def _have(env: Mapping[str, str], name: str) -> None:
    for extra in env.get(name, "").split():
        if extra not in EXTRAS:
            raise BadConfig(f"{name}={extra}: there is no such extra, only {', '.join(EXTRAS)}.")
        if importlib.util.find_spec(EXTRAS[extra]) is None:
            raise BadConfig(f"{name}={extra}: this extra is not installed. Run install.sh again.")


def _choice(env: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env.get(name, "") or default
    if value not in choices:
        raise BadConfig(f"{name}={value}: one of {', '.join(choices)}.")
    return value
