"""Carries backups into a bucket of S3-compatible storage and back, in a child process: only who has one pays for it.

Reads one JSON order ``{do, url, region, bucket, key, secret, …}``, writes one JSON answer. What went wrong is an
answer, too: ``{"fault": …, "why": …}``, the fault in S3's own word, or ``unreachable``, ``short`` (it came cut off).
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

OURS = "shopvisio-"  # how the names of our files begin
HOURS = 2  # that the largest file may take
SLOWEST = 500_000  # bytes a second: a call that is going on keeps the rest of the line


class Short(Exception):
    """What lies there is not as long as what was sent."""


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """What came of one order; ``do`` is one of DO."""
    client = boto3.client(
        "s3",
        endpoint_url=order["url"],
        region_name=order["region"],
        aws_access_key_id=order["key"],
        aws_secret_access_key=order["secret"],
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},  # every storage understands it
            request_checksum_calculation="when_required",  # those of others than Amazon mostly know no newer ones
            response_checksum_validation="when_required",
            connect_timeout=10,
            read_timeout=60,
            retries={"max_attempts": 3, "mode": "standard"},
        ),
    )
    try:
        return DO[order["do"]](client, order)
    except ClientError as refusal:
        told = refusal.response.get("Error", {})
        return {"fault": str(told.get("Code", "")), "why": str(told.get("Message", ""))}
    except BotoCoreError as error:
        return {"fault": "unreachable", "why": type(error).__name__}
    except Short:
        return {"fault": "short", "why": ""}


def _send(client: Any, order: dict[str, Any]) -> dict[str, Any]:
    """The file into the bucket; answers the names that lie there then."""
    file = Path(order["file"])
    size = file.stat().st_size
    pace = TransferConfig(use_threads=False, max_bandwidth=max(SLOWEST, size // (HOURS * 3600)))
    with file.open("rb") as opened:
        client.upload_fileobj(opened, order["bucket"], file.name, Config=pace)
    if client.head_object(Bucket=order["bucket"], Key=file.name)["ContentLength"] != size:
        raise Short
    return _names(client, order)


def _names(client: Any, order: dict[str, Any]) -> dict[str, Any]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=order["bucket"], Prefix=OURS)
    return {"names": [one["Key"] for page in pages for one in page.get("Contents", ())]}


def _drop(client: Any, order: dict[str, Any]) -> dict[str, Any]:
    for name in order["names"]:
        client.delete_object(Bucket=order["bucket"], Key=name)
    return {}


def _fetch(client: Any, order: dict[str, Any]) -> dict[str, Any]:
    """A file of the bucket as ``file``: whole, or not there at all."""
    part = Path(order["file"] + ".part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            client.download_fileobj(order["bucket"], order["name"], opened, Config=TransferConfig(use_threads=False))
        part.rename(order["file"])
    finally:
        part.unlink(missing_ok=True)
    return {}


DO = {"send": _send, "names": _names, "drop": _drop, "fetch": _fetch}

if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
