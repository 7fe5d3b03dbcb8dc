"""The one-time code with which the owner takes possession of the appliance.

80 random bits in base32, kept in a file of mode 0600 so that the command on the machine can print it,
valid for an hour, made anew at each start and after too many tries.
"""

import base64
import hmac
import json
import os
import secrets
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from shopvisio.errors import Forbidden
from shopvisio.i18n import _

VALID = timedelta(minutes=60)
TRIES_PER_MINUTE = 5  # from one address
TRIES = 20  # in all, then a new code


class Claim:
    """The code of an appliance that nobody has claimed yet."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "claim.json"
        self.tries: dict[str, list[datetime]] = defaultdict(list)

    def renew(self, now: datetime) -> str:
        """A new code; the one before is worth nothing any more."""
        code = base64.b32encode(secrets.token_bytes(10)).decode()
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump({"code": code, "until": (now + VALID).isoformat()}, file)
        self.tries.clear()
        return code

    def code(self, now: datetime) -> str:
        """The code as it stands, renewed when it is over."""
        try:
            told = json.loads(self.file.read_text())
            if datetime.fromisoformat(told["until"]) > now:
                return str(told["code"])
        except (OSError, ValueError, KeyError):
            pass
        return self.renew(now)

    def check(self, typed: str, address: str, now: datetime) -> None:
        """Pass with the right code; raises Forbidden for a wrong one and for too many tries."""
        tries = self.tries[address]
        tries[:] = [at for at in tries if now - at < timedelta(minutes=1)]
        if len(tries) >= TRIES_PER_MINUTE:
            raise Forbidden(_("Trop d’essais : attendez une minute."))
        plain = "".join(sign for sign in typed.upper() if sign.isalnum())
        if hmac.compare_digest(plain.encode(), self.code(now).encode()):
            return
        tries.append(now)
        if sum(map(len, self.tries.values())) >= TRIES:
            self.renew(now)
            raise Forbidden(_("Trop d’essais : un nouveau code est affiché sur l’appareil."))
        raise Forbidden(_("Ce code n’est pas le bon. Il est affiché sur l’appareil, à la fin de l’installation."))

    def forget(self) -> None:
        """The appliance is claimed: the code goes."""
        self.file.unlink(missing_ok=True)


def for_eyes(code: str) -> str:
    """``ABCD-EFGH-IJKL-MNOP``."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
