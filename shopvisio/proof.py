"""Proof of work in ALTCHA's open format: a machine that sends a form has worked for it first. PURE.

A challenge is ``sha256(salt + number)``, signed; whoever finds the number may send the form. The salt says until when
and for which thing the proof counts, so that it serves once: what it is for can be done only once.
"""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime
from urllib.parse import parse_qs, urlencode

HIGHEST = 40_000  # numbers to try at most: a second or two of a telephone, while its owner types


def challenge(secret: bytes, about: str, until: datetime, number: int | None = None) -> dict[str, str | int]:
    """What the page is asked. ``about`` names the one thing that the proof is for."""
    said = urlencode({"expires": int(until.timestamp()), "about": about})
    salt = f"{secrets.token_hex(12)}?{said}&"  # the last sign keeps the number's digits out of what is said
    asked = _hash(salt, secrets.randbelow(HIGHEST) if number is None else number)
    return {
        "algorithm": "SHA-256",
        "challenge": asked,
        "salt": salt,
        "signature": _sign(secret, asked),
        "maxnumber": HIGHEST,
    }


def is_good(secret: bytes, payload: str, about: str, now: datetime) -> bool:
    """Whether the payload (base64 of JSON, as ALTCHA's clients send it) proves work for ``about``, in time."""
    try:
        told = json.loads(base64.b64decode(payload, validate=True))
        salt, asked, number = str(told["salt"]), str(told["challenge"]), int(told["number"])
        signature = str(told["signature"])
        said = parse_qs(salt.partition("?")[2].removesuffix("&"), strict_parsing=True)
        return (
            salt.endswith("&")
            and said["about"] == [about]
            and now.timestamp() < int(said["expires"][0])
            and 0 <= number < HIGHEST
            and hmac.compare_digest(asked.encode(), _hash(salt, number).encode())
            and hmac.compare_digest(signature.encode(), _sign(secret, asked).encode())
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # no such payload, or halves of signs
        return False


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _sign(secret: bytes, asked: str) -> str:
    purpose = hmac.digest(secret, b"altcha", hashlib.sha256)
    return hmac.digest(purpose, asked.encode(), hashlib.sha256).hex()
