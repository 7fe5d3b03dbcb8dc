"""Short messages through whatever gateway the owner has: an address, a form or JSON with two places, a header.

They stand in the outbox beside the mails, and say as they do what became of them.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import parse_qsl, urlencode

from shopvisio import settings
from shopvisio.errors import MailFailed

PASSING = (408, 429)  # slow, or too many at once: worth another try
SECONDS = 20  # of patience with a gateway
_PLAIN = str.maketrans({"’": "'", "…": "...", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "–": "-"})


@dataclass(frozen=True)
class Gateway:
    """Where short messages go: values for a thread."""

    url: str
    body: str
    authorization: str


class _Stays(urllib.request.HTTPRedirectHandler):
    """A gateway answers itself: what it is sent goes nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def is_configured() -> bool:
    """Whether short messages can leave at all."""
    return bool(settings.get("sms_url"))


def gateway() -> Gateway:
    """The gateway of the settings."""
    return Gateway(*(settings.get(f"sms_{name}") for name in ("url", "body", "authorization")))


def plain(text: str) -> str:
    """The words in signs of the telephones' own alphabet: one foreign sign halves what a message holds."""
    return " ".join(text.translate(_PLAIN).split())


def fill(body: str, to: str, text: str) -> tuple[bytes, str]:
    """The body with a number and words in their places, and its content type."""

    def put(words: str) -> str:
        return text.join(part.replace("{to}", to) for part in words.split("{text}"))

    if body.startswith(settings.SMS_JSON):
        return json.dumps(_everywhere(json.loads(body), put)).encode(), "application/json"
    pairs = [(name, put(value)) for name, value in parse_qsl(body, keep_blank_values=True)]
    return urlencode(pairs).encode(), "application/x-www-form-urlencoded"


def _everywhere(value: Any, put: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _everywhere(inner, put) for name, inner in value.items()}
    if isinstance(value, list):
        return [_everywhere(inner, put) for inner in value]
    return put(value) if isinstance(value, str) else value


def deliver(through: Gateway, to: str, text: str) -> None:
    """Hand one message to the gateway. It blocks: call it in a thread. Raises MailFailed with the reason."""
    body, kind = fill(through.body, to, text)
    asked = urllib.request.Request(through.url, body, {"Content-Type": kind})  # noqa: S310 - http(s), by its setting
    if through.authorization:
        asked.add_header("Authorization", through.authorization)
    try:
        with urllib.request.build_opener(_Stays).open(asked, timeout=SECONDS):
            pass
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(300).decode(errors="replace").strip()
        raise MailFailed(
            f"{error.code} {said or error.reason}", permanent=400 <= error.code < 500 and error.code not in PASSING
        ) from None
    except (OSError, HTTPException) as error:
        raise MailFailed(str(getattr(error, "reason", "") or error) or type(error).__name__) from None
