"""An outside TURN server, where the owner has one: the way for customers whose network lets nothing else through.

With a shared secret (coturn's ``use-auth-secret``) every seat gets a name and a password of its own, good for a day.
"""

import base64
import hmac
from datetime import datetime, timedelta
from typing import Any

from shopvisio import settings

LASTS = timedelta(hours=24)


def servers(seat: str, now: datetime) -> list[dict[str, Any]]:
    """What the browser in this seat is told, as its ``iceServers``: ``[{urls, username, credential}]``, or nothing."""
    urls = settings.get("turn_urls").split()
    if not urls:
        return []
    name, password = settings.get("turn_user"), settings.get("turn_password")
    if secret := settings.get("turn_secret"):
        name = f"{int((now + LASTS).timestamp())}:{seat.partition(':')[0]}"
        password = base64.b64encode(hmac.digest(secret.encode(), name.encode(), "sha1")).decode()
    return [{"urls": urls, "username": name, "credential": password}]
