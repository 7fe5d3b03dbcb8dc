"""HTTPS from the first start: a self-signed certificate made at once, or the shop's own PEM files."""

import ipaddress
import os
import socket
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shopvisio.config import BadConfig

LIFE = timedelta(days=397)  # the longest that browsers accept without grumbling more


def context(cert: Path, key: Path) -> ssl.SSLContext:
    """A server context for this pair. Raises BadConfig when the two do not go together."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    made.options |= ssl.OP_NO_RENEGOTIATION
    try:
        made.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        raise BadConfig(f"{cert} and {key} cannot be used for HTTPS: {error}.") from None
    return made


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
    _write(key, pem)
    _write(cert, made.public_bytes(serialization.Encoding.PEM))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, data: bytes) -> None:
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
