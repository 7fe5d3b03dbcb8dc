"""The way back: a backup is unpacked beside the shop, checked whole, and takes its place at the appliance's next start.

Until then nothing of the shop is touched; what it replaces stays in ``before-restore`` until the next time.
"""

import shutil
from pathlib import Path
from typing import Any

from shopvisio import child
from shopvisio.backup import recovery
from shopvisio.backup.order import ask
from shopvisio.backup.sealed import BASE, ELSEWHERE
from shopvisio.errors import Invalid, Unavailable
from shopvisio.i18n import _

BEGUN, READY, BEFORE = "restoring", "restored", "before-restore"
CHECK_SECONDS, CHECK_MEGABYTES = 900, 2048


def unpack(file: Path, folder: Path, keys: list[str]) -> dict[str, Any]:
    """The backup ``file`` in ``folder``, which is made anew; answers what its manifest says of it. It blocks.

    Raises Invalid with the sentence that says why not, Unavailable when there is no room; then ``folder`` is gone.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        told = ask({"do": "read", "file": str(file), "folder": str(folder), "keys": keys})
        if fault := told.get("fault"):
            raise _refusal(fault, told)
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return told


def _refusal(fault: str, told: dict[str, Any]) -> Invalid | Unavailable:
    if fault == "full":
        return Unavailable(_("Il n’y a pas assez de place sur ce disque pour ouvrir la sauvegarde."))
    sentences = {
        "key": _("Cette clé n’ouvre pas cette sauvegarde : chaque sauvegarde s’ouvre avec la clé de son jour."),
        "torn": _("Ce fichier est abîmé ou incomplet : prenez une autre sauvegarde."),
        "newer": _("Cette sauvegarde vient d’une version plus récente : mettez d’abord l’appareil à jour."),
    }
    return Invalid(sentences.get(fault) or f"{_('Ce fichier ne peut pas être lu.')} ({told.get('why', fault)})")


def check(base: Path) -> str:
    """Have this version serve a copy of the base, and look at each seal in it; answers what ``shopvisio check`` says.

    It blocks. Raises Unavailable with its last words.
    """
    said = child.run("shopvisio", b"", CHECK_SECONDS, CHECK_MEGABYTES, words=("check", str(base)))
    return said.decode().strip()


def stage(file: Path, data: Path, secrets: Path, key: str = "") -> dict[str, Any]:
    """Unpack a backup beside the shop and check it; it takes its place at the next start. It blocks, long.

    ``key`` is the recovery key; the appliance's own is tried too. Raises Invalid or Unavailable, and then nothing is
    staged.
    """
    begun = data / BEGUN
    keys = [recovery.own(secrets), *([_plain(key)] if key else [])]
    told = unpack(file, begun, keys)
    try:
        told["check"] = check(begun / BASE)
    except Unavailable as error:
        shutil.rmtree(begun, ignore_errors=True)
        raise Invalid(_("La boutique de cette sauvegarde ne passe pas le contrôle : prenez-en une autre.")) from error
    shutil.rmtree(data / READY, ignore_errors=True)
    begun.rename(data / READY)
    return told


def _plain(key: str) -> str:
    recovery.public(key)
    return "".join(key.split()).upper()


def put_in_place(data: Path) -> bool:
    """At a start, before anything is opened: what was staged becomes the shop. True when there was something.

    Stopped half-way, it goes on at the next start: what is still in ``restored`` has not moved yet.
    """
    ready, before = data / READY, data / BEFORE
    if not ready.is_dir():
        return False
    moved = data / f"{READY}.moved"
    if not moved.exists():
        shutil.rmtree(before, ignore_errors=True)
        before.mkdir(mode=0o700)
        moved.touch(mode=0o600)
    coming = {path.name for path in ready.iterdir()}
    for old in sorted(data.iterdir()):
        is_base = old.name.startswith(f"{BASE}-")  # what the old base had not written into itself yet
        if (old.name in coming or is_base) and not (before / old.name).exists() and old.name not in ELSEWHERE:
            old.rename(before / old.name)
    for new in sorted(ready.iterdir()):
        new.rename(data / new.name)
    ready.rmdir()
    moved.unlink()
    return True
