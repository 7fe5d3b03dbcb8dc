"""The keys of the backups, in age's format: anybody with the key and the program ``age`` can open one without us.

A backup is written for two keys. The recovery key is the owner's: shown once, on paper, its public half alone is kept
here. The appliance's own key never leaves its secrets: with it a backup is opened again each week, to see that it can.
"""

import os
import re
from pathlib import Path

import pyrage

from shopvisio import settings
from shopvisio.errors import Invalid
from shopvisio.i18n import _

RECIPIENT = "recovery-key"  # no setting of the table: the public half of the owner's key
OWN = "backup.key"


def new() -> str:
    """A key that nobody has yet: 74 signs, with their own check sum."""
    return str(pyrage.x25519.Identity.generate())


def public(key: str) -> str:
    """The half with which one can only write. Raises Invalid when this is no such key."""
    plain = re.sub(r"\s", "", key).upper()
    try:
        return str(pyrage.x25519.Identity.from_str(plain).to_public())
    except pyrage.IdentityError:
        told = _("Cette clé n’est pas complète : elle commence par AGE-SECRET-KEY-1 et compte 74 signes.")
        raise Invalid(told) from None


def for_eyes(key: str) -> list[str]:
    """The key in groups that one can copy by hand; blanks between them do no harm."""
    head = "AGE-SECRET-KEY-1"
    rest = key.removeprefix(head)
    return [head, *(rest[at : at + 10] for at in range(0, len(rest), 10))]


def own(secrets: Path) -> str:
    """The appliance's own key, made at first use, readable by it alone."""
    path = secrets / OWN
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(new() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return path.read_text().strip()


def recipient() -> str:
    """The public half of the owner's key, empty while there is none."""
    return str(settings.kept(RECIPIENT) or "")


def take(key: str) -> None:
    """From now on backups open with this key; those made before open with the one before."""
    settings.keep(RECIPIENT, public(key))
