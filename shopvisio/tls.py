"""HTTPS from the first start: a self-signed certificate made at once, or any pair of certificate and key as PEM."""

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shopvisio.config import BadConfig

LIFE = timedelta(days=397)  # the longest that browsers accept without grumbling more
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # for TLS 1.2: forward secrecy and nothing that pads; every browser since 2015


@dataclass(frozen=True)
class Facts:
    """What a certificate says of itself: its names and addresses, from when until when, who vouches for it."""

    names: tuple[str, ...]
    since: datetime
    until: datetime
    issuer: str
    is_self_signed: bool


def context(cert: Path, key: Path) -> ssl.SSLContext:
    """A server context for this pair. Raises BadConfig when the two do not go together."""
    try:
        return serving(read(cert, key))
    except OSError as error:
        raise BadConfig(f"{cert} and {key} cannot be used for HTTPS: {error}.") from None


def read(cert: Path, key: Path) -> bytes:
    """A certificate with its chain, and its key, in one. Raises OSError."""
    return cert.read_bytes() + b"\n" + key.read_bytes()


def serving(pem: bytes) -> ssl.SSLContext:
    """A server context for a certificate, its chain and its key. Raises OSError (an SSLError is one) where they do
    not fit.

    A new certificate gets a context of its own, never a live one: a pair that does not fit, loaded into that, breaks
    it for everybody, and one with another kind of key would stand beside the old one.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    made.set_ciphers(CIPHERS)
    made.options |= ssl.OP_NO_RENEGOTIATION
    with _in_memory(pem) as path:
        made.load_cert_chain(path, password="")  # one with a pass phrase is refused: nobody is there to type it
    return made


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    """A path to these bytes, for a library that only reads files: a key is not left on the disk a second time."""
    with os.fdopen(os.memfd_create("pem"), "wb") as file:
        file.write(data)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def facts(pem: bytes) -> Facts:
    """What the first certificate in there says. Raises ValueError where there is none."""
    found = x509.load_pem_x509_certificate(pem)
    try:
        listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [str(name.value) for name in listed]
    except x509.ExtensionNotFound:
        names = []
    by = [*found.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME), *found.issuer]
    return Facts(
        tuple(names),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        str(by[0].value) if by else "",
        found.issuer == found.subject,
    )


def self_signed(folder: Path, names: list[str], now: datetime) -> tuple[Path, Path]:
    """The paths of a certificate and its key for these names and addresses, made if missing or nearly over."""
    cert, key = folder / "self-signed.pem", folder / "self-signed.key"
    if not _is_good(cert, key, names, now):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(cert, key, names, now)
    return cert, key


def _is_good(cert: Path, key: Path, names: list[str], now: datetime) -> bool:
    if not cert.exists() or not key.exists():
        return False
    found = x509.load_pem_x509_certificate(cert.read_bytes())
    covered = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    listed = {str(name.value) for name in covered}
    return found.not_valid_after_utc > now + timedelta(days=30) and set(names) <= listed


def _make(cert: Path, key: Path, names: list[str], now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ShopVisio")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write(key, pem)
    write(cert, made.public_bytes(serialization.Encoding.PEM))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def write(path: Path, data: bytes) -> None:
    """Put it there whole, for the appliance alone to read."""
    new = path.with_suffix(path.suffix + ".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)


def names(public_host: str, lan: list[str]) -> list[str]:
    """The names a self-signed certificate should answer to."""
    found = ["localhost", "127.0.0.1", "::1", socket.gethostname(), public_host, *lan]
    return list(dict.fromkeys(name for name in found if name))
