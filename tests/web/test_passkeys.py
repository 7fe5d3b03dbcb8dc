"""Passkeys: made after the password, they come in alone; what is forged, old, or somebody else's opens nothing.

The device is played here, byte by byte; ``tests/browser/test_passkey.py`` has a real browser play it.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
import pyotp
import pytest
from conftest import NOW, PASSWORD, Clock
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopvisio import accounts, audit, mail, passkeys, second, settings
from shopvisio.accounts import Staff
from shopvisio.db import writing
from shopvisio.passkeys import Place

NAME = "visio.example"
HOME = f"https://{NAME}"
SELLER = "seller@shop.example"
PRESENT, VERIFIED, CARRIES_KEY = 1, 4, 64  # what a device says of itself


def base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def plain(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """A telephone with one key; ``seen`` is whether it looked at finger, face or code."""

    host: str = NAME
    origin: str = HOME
    seen: bool = True
    name: bytes = b"key of the seller's telephone"
    secret: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: str = ""
    used: int = 0

    def _facts(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.seen else 0) | more
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.used.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _told(self, **response: str) -> str:
        told = {"id": base64(self.name), "rawId": base64(self.name), "type": "public-key", "response": response}
        return json.dumps(told | {"clientExtensionResults": {}})

    def make(self, options: dict[str, Any]) -> str:
        """The key that a page asks for."""
        self.handle = options["user"]["id"]
        numbers = self.secret.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        data = self._facts(CARRIES_KEY) + bytes(16) + len(self.name).to_bytes(2, "big") + self.name + public
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._told(clientDataJSON=base64(client), attestationObject=base64(attestation))

    def give(self, options: dict[str, Any]) -> str:
        """What opens the door."""
        self.used += 1
        data, client = self._facts(), self._client("webauthn.get", options["challenge"])
        signature = self.secret.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._told(
            clientDataJSON=base64(client),
            authenticatorData=base64(data),
            signature=base64(signature),
            userHandle=self.handle,
        )


def seller() -> Staff:
    found = accounts.by_email(SELLER)
    assert found is not None
    return found


def post(client: FlaskClient, path: str, **typed: str) -> TestResponse:
    return client.post(path, data=typed, base_url=HOME)


@pytest.fixture
def named(open_app: Flask) -> Flask:
    """A shop with a public name."""
    with open_app.app_context(), writing():
        settings.put({"public_name": NAME}, "tests", NOW)
    return open_app


@pytest.fixture
def page(named: Flask) -> FlaskClient:
    """The seller's browser, signed in at the shop's own name."""
    client = named.test_client()
    assert post(client, "/signin", email=SELLER, password=PASSWORD).status_code == 303
    return client


def made(page: FlaskClient, device: Device, name: str = "Téléphone") -> TestResponse:
    asked = post(page, "/desk/me/passkeys/ask", name=name, proof=PASSWORD)
    assert asked.status_code == 200, asked.text
    return post(page, "/desk/me/passkeys", name=name, made=device.make(asked.json))


@pytest.fixture
def device(page: FlaskClient) -> Device:
    """The seller's telephone, its key made."""
    telephone = Device()
    assert made(page, telephone).status_code == 303
    return telephone


def comes_in(client: FlaskClient, device: Device) -> TestResponse:
    return post(client, "/signin/passkey?next=/desk/cases", given=device.give(post(client, "/signin/passkey/ask").json))


def test_a_key_comes_in_alone_past_the_second_step_too(named: Flask, device: Device) -> None:
    with named.app_context(), writing():
        secret = second.new_secret()
        second.set_up(seller(), secret, pyotp.TOTP(secret).at(int(NOW.timestamp())), NOW)
    client = named.test_client()
    assert comes_in(client, device).location == "/desk/cases"
    shown = client.get("/desk/me/passkeys", base_url=HOME).text
    assert "Téléphone" in shown
    assert "servie 23 novembre 2026" in shown
    with named.app_context():
        kinds = [(act.by, act.kind) for act in reversed(audit.before(None, 100))]
    assert kinds[-3:] == [("Nadia Roux", "passkey_on"), ("Nadia Roux", "passkey_used"), ("Nadia Roux", "in")]


def test_what_the_page_asks_names_nobody_and_wants_the_device_to_look(named: Flask, device: Device) -> None:
    asked = post(named.test_client(), "/signin/passkey/ask").json
    assert asked["rpId"] == NAME
    assert asked["userVerification"] == "required"
    assert not asked.get("allowCredentials")


@pytest.mark.parametrize(
    "forged",
    [
        {"seen": False},
        {"host": "visio.example.evil.example"},
        {"origin": "https://evil.example"},
        {"origin": f"http://{NAME}"},
        {"secret": ec.generate_private_key(ec.SECP256R1())},
        {"name": b"a key that nobody made"},
        {"handle": base64(b"somebody else")},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_what_is_forged_opens_nothing(named: Flask, device: Device, forged: dict[str, Any]) -> None:
    client = named.test_client()
    answer = comes_in(client, replace(device, **forged))
    assert answer.status_code == 422
    assert "n’ouvre rien ici" in answer.text
    assert client.get("/desk", base_url=HOME).status_code == 302
    assert 'action="/signin?next=/desk/cases"' in answer.text, "the password below it goes where passwords go"
    with named.app_context():
        assert audit.before(None, 1)[0].kind == "passkey_refused"


def test_an_answer_opens_once_and_in_the_browser_that_asked(named: Flask, device: Device, clock_: Clock) -> None:
    client, other = named.test_client(), named.test_client()
    given = device.give(post(client, "/signin/passkey/ask").json)
    asking = client.get_cookie("shopvisio", domain=NAME)
    assert asking is not None
    assert post(other, "/signin/passkey", given=given).status_code == 422, "another browser"
    assert post(client, "/signin/passkey", given=given).status_code == 303
    thief = named.test_client()
    thief.set_cookie("shopvisio", asking.value, domain=NAME)
    assert post(thief, "/signin/passkey", given=given).status_code == 422, "seen on the way, said again"
    late = device.give(post(other, "/signin/passkey/ask").json)
    clock_.pass_(minutes=5)
    assert post(other, "/signin/passkey", given=late).status_code == 422, "five minutes late"


def test_a_key_that_was_copied_is_found_out_where_it_counts(named: Flask, device: Device) -> None:
    copied = replace(device)
    assert comes_in(named.test_client(), device).status_code == 303
    assert comes_in(named.test_client(), device).status_code == 303
    assert comes_in(named.test_client(), copied).status_code == 422


def test_a_key_is_made_only_for_who_knows_the_password(page: FlaskClient, named: Flask) -> None:
    wrong = post(page, "/desk/me/passkeys/ask", name="Téléphone", proof="pas celui-là")
    assert (wrong.status_code, wrong.json["field"]) == (422, "key-proof")
    device = Device()
    options = {"user": {"id": base64(b"x")}, "challenge": passkeys.new_challenge().rstrip("=")}
    assert post(page, "/desk/me/passkeys", name="Téléphone", made=device.make(options)).status_code == 422
    in_asked = post(page, "/signin/passkey/ask").json | {"user": {"id": base64(b"x")}}
    assert post(page, "/desk/me/passkeys", name="Téléphone", made=device.make(in_asked)).status_code == 422
    with named.app_context():
        assert passkeys.of(seller()) == []


@pytest.mark.parametrize("forged", [{"seen": False}, {"host": "evil.example"}, {"origin": "https://evil.example"}])
def test_what_no_device_of_ours_made_is_not_kept(page: FlaskClient, named: Flask, forged: dict[str, Any]) -> None:
    assert made(page, replace(Device(), **forged)).status_code == 422
    with named.app_context():
        assert passkeys.of(seller()) == []


def test_nobody_takes_over_the_key_of_another(named: Flask, device: Device) -> None:
    client = named.test_client()
    post(client, "/signin", email="repairer@shop.example", password=PASSWORD)
    assert made(client, replace(device)).status_code == 422
    with named.app_context():
        key = passkeys.of(seller())[0].id
    assert post(client, f"/desk/me/passkeys/{key}/remove").status_code == 404


def test_a_key_without_a_name_or_one_too_many_is_refused(page: FlaskClient) -> None:
    for name in ("", " ", "x" * 41):
        assert post(page, "/desk/me/passkeys/ask", name=name, proof=PASSWORD).json["field"] == "key-name"
    for n in range(passkeys.MOST):
        assert made(page, Device(name=f"key {n}".encode()), f"Clé {n}").status_code == 303
    assert post(page, "/desk/me/passkeys/ask", name="De trop", proof=PASSWORD).status_code == 409


def test_a_key_that_is_removed_opens_nothing(page: FlaskClient, named: Flask, device: Device) -> None:
    assert post(page, "/desk/me/passkeys/1/remove").status_code == 303
    assert comes_in(named.test_client(), device).status_code == 422


def test_the_owner_removes_the_keys_of_a_lost_telephone_and_who_left_does_not_come_in(
    named: Flask, owner_client: FlaskClient, page: FlaskClient, device: Device
) -> None:
    with named.app_context():
        key = seller().key
    assert "1 clé d’accès" in owner_client.get(f"/desk/staff/{key}").text
    owner_client.post(f"/desk/staff/{key}/passkeys/end")
    assert comes_in(named.test_client(), device).status_code == 422
    assert made(page, device).status_code == 303
    owner_client.post(f"/desk/staff/{key}", data={"role": "seller", "takes_sales": "y"})
    assert comes_in(named.test_client(), device).status_code == 422


def test_a_key_that_comes_or_goes_and_a_password_that_changes_are_told_by_mail(
    named: Flask, owner_client: FlaskClient, page: FlaskClient, device: Device
) -> None:
    done = page.post(
        "/desk/me/password",
        data={"current": PASSWORD, "password": "une phrase nouvelle"},
        base_url=HOME,
        follow_redirects=True,
    )
    assert "ouvrent toujours le bureau" in done.text, "the keys stay, and they are told so"
    with named.app_context():
        person = seller()
        key, keys = person.key, [one.id for one in passkeys.of(person)]
    link = re.search(r"/reset/[\w.-]+", owner_client.post(f"/desk/staff/{key}/reset", follow_redirects=True).text)
    assert link
    assert "ouvrent toujours le bureau" in named.test_client().get(link[0]).text
    chosen = named.test_client().post(link[0], data={"password": "une autre encore"}, follow_redirects=True)
    assert chosen.request.path == "/desk"
    page = named.test_client()
    assert comes_in(page, device).status_code == 303
    post(page, f"/desk/me/passkeys/{keys[0]}/remove")
    owner_client.post(f"/desk/staff/{key}/passkeys/end")
    with named.app_context():
        told = [one.text for one in reversed(mail.latest()) if (one.name, one.to) == ("access", SELLER)]
    assert len(told) == 5
    for text, words in zip(
        told,
        (
            "ajoutée : Téléphone",
            "mot de passe a été changé",
            "choisi par le lien",
            "retirée : Téléphone",
            "Par Claire Fontaine",
        ),
        strict=True,
    ):
        assert words in text.replace("\xa0", " ")
    assert ["ouvrent toujours le bureau" in text for text in told] == [False, True, True, False, False]


def test_a_page_at_another_address_says_where_keys_serve(
    named: Flask, seller_client: FlaskClient, stranger: FlaskClient
) -> None:
    assert HOME in seller_client.get("/desk/me/passkeys").text
    assert "data-passkey" not in stranger.get("/signin").text
    assert stranger.post("/signin/passkey/ask").status_code == 409
    assert stranger.post("/signin/passkey", data={"given": "{}"}).status_code == 422


@pytest.mark.parametrize("address", ["", "https://203.0.113.7", "https://192.168.1.20:8443", "https://boutique.local"])
def test_without_a_name_there_are_no_keys(address: str) -> None:
    assert passkeys.place(address) is None


def test_without_a_name_the_page_says_why(seller_client: FlaskClient) -> None:
    assert "faite de chiffres" in seller_client.get("/desk/me/passkeys").text


def test_keys_belong_to_the_name_of_their_day(named: Flask, device: Device) -> None:
    assert passkeys.place("https://visio.example:8443") == Place(NAME, "https://visio.example:8443")
    with named.app_context(), writing():
        settings.put({"public_name": "other.example"}, "tests", NOW)
    client = named.test_client()
    moved = replace(device, host="other.example", origin="https://other.example")
    asked = client.post("/signin/passkey/ask", base_url="https://other.example").json
    answer = client.post("/signin/passkey", data={"given": moved.give(asked)}, base_url="https://other.example")
    assert answer.status_code == 422


def test_nonsense_is_refused_softly(named: Flask, page: FlaskClient, device: Device) -> None:
    for given in ("", "null", "[]", "{", "[" * 5000, '{"id": 1}', '{"id": "x", "response": 3}', "\ud7ff", "0" * 5000):
        client = named.test_client()
        post(client, "/signin/passkey/ask")
        assert post(client, "/signin/passkey", given=given).status_code in (422, 429)
        post(page, "/desk/me/passkeys/ask", name="Clé", proof=PASSWORD)
        assert post(page, "/desk/me/passkeys", name="Clé", made=given).status_code == 422
