"""A bucket of S3-compatible storage, where the owner named one: each backup goes there too, sealed as it is.

``courier`` speaks with it in a child process; the library is an extra.
"""

import importlib.util
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shopvisio import child, settings
from shopvisio.backup import keeping
from shopvisio.backup.order import MEGABYTES, SECONDS
from shopvisio.config import EXTRAS
from shopvisio.errors import Unavailable
from shopvisio.i18n import _

COURIER = "shopvisio.backup.courier"
REGION = "us-east-1"  # what storage that knows no regions wants to hear
NAME = re.compile(r"shopvisio-[\w.+-]+-(\d{8}T\d{6})Z\.tar\.age")
REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden", "403", "401")
MISSING = ("NoSuchBucket", "NoSuchKey", "NotFound", "404")


@dataclass(frozen=True)
class Bucket:
    """Where it is and what opens it: values for a thread."""

    url: str
    region: str
    bucket: str
    key: str
    secret: str


def chosen() -> Bucket | None:
    """The bucket of the settings, None where there is none."""
    found = Bucket(*(settings.get(f"s3_{part.name}") for part in fields(Bucket)))
    return replace(found, region=found.region or REGION) if found.url and found.bucket else None


def is_installed() -> bool:
    """Whether the library is there that speaks with it: it is an extra of the product."""
    return importlib.util.find_spec(EXTRAS["s3"]) is not None


def ask(bucket: Bucket, do: str, **more: Any) -> dict[str, Any]:
    """What :mod:`courier` answers to one order. It blocks, long. Raises Unavailable with the sentence that says why."""
    if not is_installed():
        raise Unavailable(_("L’extra « s3 » n’est pas installé sur cet appareil."))
    told = _carried({"do": do, **asdict(bucket), **more})
    if "fault" in told:
        raise Unavailable(_sentence(bucket, str(told["fault"]), str(told["why"])))
    return told


def _carried(order: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(child.run(COURIER, json.dumps(order).encode(), SECONDS, MEGABYTES))
    return told


def _sentence(bucket: Bucket, fault: str, why: str) -> str:
    if fault == "unreachable":
        return _("Le stockage {url} ne répond pas ({why}).", url=bucket.url, why=why)
    if fault in REFUSED:
        return _("Le stockage refuse cette clé ({why}).", why=fault)
    if fault in MISSING:
        return _("Le bucket {name} n’existe pas, ou ce fichier n’y est pas.", name=bucket.bucket)
    if fault == "RequestTimeTooSkewed":
        return _("Le stockage refuse : l’horloge de l’appareil n’est pas à l’heure.")
    if fault == "short":
        return _("La sauvegarde est arrivée incomplète dans le bucket.")
    return _("Le stockage refuse : {why}", why=f"{fault} {why}".strip())


def send(bucket: Bucket, file: str, zone: ZoneInfo) -> None:
    """The file into the bucket, and out of it those whose time is over. It blocks, long. Raises Unavailable."""
    gone = outlived(ask(bucket, "send", file=file)["names"], zone)
    if gone:
        ask(bucket, "drop", names=gone)


def outlived(names: Iterable[str], zone: ZoneInfo) -> list[str]:
    """Of the names in the bucket those whose time is over; what we did not name is none of ours. PURE."""
    moments = {name: _moment(found[1]) for name in names if (found := NAME.fullmatch(name))}
    stay = keeping.chosen(moments.values(), zone)
    return [name for name, moment in moments.items() if moment not in stay]


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def listed(bucket: Bucket) -> list[str]:
    """The backups that lie there, the newest first. It blocks. Raises Unavailable."""
    found = [name for name in ask(bucket, "names")["names"] if NAME.fullmatch(name)]
    return sorted(found, key=lambda name: NAME.fullmatch(name)[1], reverse=True)  # type: ignore[index]
