"""One certificate ordered from an authority by ACME (RFC 8555), in a process of its own:
``python -m shopvisio.certificate.order``.

Standard input, JSON: {"directory": URL, "roots": PEM file that vouches for it or "", "account": the account's key as
PEM, "name": the host, "folder": the one that port 80 answers from}. Standard output, JSON: {"pem": certificate, chain
and key}, or {"code": a word, "words": what the authority said}. ``code`` is the authority's own (RFC 8555, 6.7), or
"unreachable" where it did not answer.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from acme import challenges, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from shopvisio import __version__, clock

SECONDS = 90  # for all of the authority's own work
NETWORK_SECONDS = 20  # for one answer
NONCES = 5  # how often an authority may say that ours is stale: the library itself asks twice each time
LONGEST = 600  # signs of the authority's words


class _Network(ClientNetwork):
    """Asks again where a nonce was stale, more often than once."""

    def post(self, *given: Any, **more: Any) -> requests.Response:
        for _again in range(NONCES - 1):
            try:
                return super().post(*given, **more)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*given, **more)


def order(directory: str, roots: str, account: str, name: str, folder: str) -> str:
    """The certificate, its chain and its key."""
    signer = JWKEC(key=serialization.load_pem_private_key(account.encode(), None))
    network = _Network(signer, alg=ES256, user_agent=f"ShopVisio/{__version__}", timeout=NETWORK_SECONDS)
    network.verify_ssl = roots or True  # type: ignore[assignment]  # handed on to requests, which takes a path too
    client = ClientV2(ClientV2.get_directory(directory, network), network)
    _sign_in(client)
    key = ec.generate_private_key(ec.SECP256R1())
    asked = client.new_order(_request(name, key))
    until = clock.now().astimezone().replace(tzinfo=None) + timedelta(seconds=SECONDS)  # as the library reads the clock
    with _answering(client, asked, Path(folder)):
        done = client.poll_and_finalize(asked, until)
    return str(done.fullchain_pem) + _pem(key)


def _sign_in(client: ClientV2) -> None:
    """The account of this key, made where there is none. The owner agreed to the authority's terms before."""
    try:
        client.new_account(messages.NewRegistration(terms_of_service_agreed=True))
    except errors.ConflictError as known:
        client.net.account = messages.RegistrationResource(uri=known.location, body=messages.Registration())


def _request(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=False)
    return asked.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, plain).decode()


@contextmanager
def _answering(client: ClientV2, asked: messages.OrderResource, folder: Path) -> Iterator[None]:
    """Port 80 answers what the authority asks, for as long as it does."""
    laid = []
    try:
        for authorization in asked.authorizations:
            if authorization.body.status == messages.STATUS_VALID:
                continue  # it still believes us from the time before
            [posed] = [one for one in authorization.body.challenges if isinstance(one.chall, challenges.HTTP01)]
            response, answer = posed.chall.response_and_validation(client.net.key)
            file = folder / posed.chall.encode("token")
            file.write_text(answer)
            laid.append(file)
            client.answer_challenge(posed, response)
        yield
    finally:
        for file in laid:
            file.unlink(missing_ok=True)


def told(error: Exception) -> dict[str, str]:
    """Why there is no certificate: a word, and what was said."""
    said: Exception | messages.Error = error
    if isinstance(error, errors.ValidationError):
        every = [one for failed in error.failed_authzrs for one in failed.body.challenges]
        said = next((one.error for one in every if one.error is not None), error)
    elif isinstance(error, errors.IssuanceError):
        said = error.error
    if isinstance(said, messages.Error):
        return {"code": said.code or "other", "words": (said.detail or str(said))[:LONGEST]}
    reason = getattr(said.args[0], "reason", None) if said.args else None  # what lies below the library's own words
    words = str(reason or said).rpartition("): ")[2] or type(said).__name__
    return {"code": "unreachable", "words": words[:LONGEST]}


def main() -> None:
    """Order, and say what came of it."""
    given: dict[str, str] = json.load(sys.stdin)
    try:
        answer = {"pem": order(**given)}
    except (errors.Error, requests.RequestException, KeyError, ValueError) as error:
        answer = told(error)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
