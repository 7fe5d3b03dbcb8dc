"""The child process that writes one backup, or reads one back: a tar of the data folder, encrypted in age's format.

It knows files alone. Its order comes on the standard input as JSON, its answer leaves the same way; what went wrong is
an answer too, ``{"fault": ...}``: full (the disk), unreadable, key (none opens it), torn, newer (than this version).
"""

import errno
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyrage

from shopvisio.backup.base import copy

BASE, MANIFEST = "shop.db", "manifest.json"
ELSEWHERE = {"backups", "tmp", "test", "restoring", "restored", "before-restore", "before-update"}  # kept by no backup
# how the names end of what is unfinished, and of recordings: a backup would keep these longer than people were promised
LEFT_OUT = (".part", ".new", "-wal", "-shm", ".webm")
CODE = "secrets/claim.json"  # worth nothing an hour later
MIGRATIONS = Path(__file__).parents[1] / "migrations" / "versions"
BLOCK = 1 << 20
DAY = 24 * 3600  # seconds


class Fault(Exception):
    """Why there is no backup, or no way back from it; its word is the answer's."""


def main() -> None:
    """What the order says: ``write`` or ``read``."""
    order = json.loads(sys.stdin.read())
    is_write = order.pop("do") == "write"
    try:
        told = _write(**order) if is_write else _read(**order)
    except Fault as fault:
        told = {"fault": str(fault)}
    except OSError as error:
        word = "full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unreadable"
        told = {"fault": word, "why": error.strerror or str(error)}
    print(json.dumps(told))


# -- writing


def _write(
    data: str, scratch: str, file: str, spare: int, recipients: Sequence[str], told: dict[str, str]
) -> dict[str, Any]:
    """The backup of the folder ``data`` as ``file``, ``spare`` bytes left free beside it.

    Whole, on the disk and of mode 0600, or not there at all.
    """
    target, base = Path(file), Path(scratch) / f"backup-{os.getpid()}.db"
    part = target.with_name(target.name + ".part")
    keys = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    _clear(target.parent, "shopvisio-*.part")
    _clear(base.parent, "backup-*.db*")
    needed = sum(path.stat().st_size for path in (Path(data) / BASE, *(path for _name, path in _members(Path(data)))))
    if shutil.disk_usage(target.parent).free < needed + spare:
        raise OSError(errno.ENOSPC, "the backup and what must stay free do not fit")
    try:
        copy(Path(data) / BASE, base)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sealed:
            _encrypt(Path(data), base, sealed, keys, told)
            sealed.flush()
            os.fsync(sealed.fileno())
        part.rename(target)
    finally:
        for unfinished in (part, base):
            unfinished.unlink(missing_ok=True)
    with target.open("rb") as whole:
        return {"size": target.stat().st_size, "sha256": hashlib.file_digest(whole, "sha256").hexdigest()}


def _clear(folder: Path, names: str) -> None:
    """What an earlier one left that was killed a day ago or more."""
    for left in folder.glob(names):
        if left.stat().st_mtime < time.time() - DAY:
            left.unlink(missing_ok=True)


def _encrypt(data: Path, base: Path, sealed: IO[bytes], keys: Sequence[Any], told: dict[str, str]) -> None:
    read_end, write_end = os.pipe()
    target = _Noting(sealed)
    with ThreadPoolExecutor(1) as beside, os.fdopen(read_end, "rb") as plain:
        filled = beside.submit(_fill, write_end, data, base, told)
        try:
            pyrage.encrypt_io(plain, target, keys)
        except Exception:
            raise target.fault or OSError("encryption") from None
    filled.result()


class _Noting:
    """A file that remembers why it could not be written: the library would tell it in words of its own."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        """As the file does."""
        try:
            return self.file.write(data)
        except OSError as error:
            self.fault = error
            raise

    def flush(self) -> None:
        """As the file does."""
        try:
            self.file.flush()
        except OSError as error:
            self.fault = error
            raise


def _fill(pipe: int, data: Path, base: Path, told: dict[str, str]) -> None:
    """The tar, into the pipe: the base, every file, and last the list of them all, which so says that it is whole."""
    files: dict[str, dict[str, Any]] = {}
    with os.fdopen(pipe, "wb") as out, tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, path in ((BASE, base), *_members(data)):
            try:
                found = path.open("rb")
            except FileNotFoundError:
                continue  # purged meanwhile
            with found:
                member = tarfile.TarInfo(name)
                member.size, member.mode = os.fstat(found.fileno()).st_size, 0o600
                source = _Hashing(found)
                tar.addfile(member, source)  # type: ignore[arg-type]
                files[name] = {"sha256": source.digest.hexdigest(), "bytes": member.size}
        listed = json.dumps({**told, "files": files}, indent=1).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(listed), 0o600
        tar.addfile(member, io.BytesIO(listed))


class _Hashing:
    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, length: int) -> bytes:
        block = self.file.read(length)
        self.digest.update(block)
        return block


def _members(data: Path) -> Iterator[tuple[str, Path]]:
    """Everything else in the data folder, whatever room put it there."""
    for folder, inside, files in os.walk(data):
        here = Path(folder)
        if here == data:
            inside[:] = [name for name in inside if name not in ELSEWHERE and not name.startswith("tmp")]
        inside.sort()
        for path in (here / name for name in sorted(files)):
            name = path.relative_to(data).as_posix()
            if name not in (BASE, CODE) and not name.endswith(LEFT_OUT) and path.is_file() and not path.is_symlink():
                yield name, path


# -- reading


def _read(file: str, folder: str, keys: Sequence[str]) -> dict[str, Any]:
    """The backup ``file`` unpacked into the empty ``folder``, each file as the manifest has it; answers the manifest
    without its list. Raises Fault."""
    identities = [pyrage.x25519.Identity.from_str(key) for key in keys]
    read_end, write_end = os.pipe()
    with ThreadPoolExecutor(1) as beside, Path(file).open("rb") as sealed:
        unpacked = beside.submit(_unpack, read_end, Path(folder))
        try:
            with os.fdopen(write_end, "wb") as plain:
                pyrage.decrypt_io(sealed, plain, identities)
        except Exception as error:
            if unpacked.done() and isinstance(unpacked.exception(), OSError):
                raise unpacked.exception() or error from None
            raise Fault("key" if "matching" in str(error).lower() else "torn") from None
    found = unpacked.result()
    listed = json.loads(found.pop(MANIFEST, "{}"))
    if found != {name: one["sha256"] for name, one in listed.pop("files", {}).items()} or BASE not in found:
        raise Fault("torn")
    if not any(MIGRATIONS.glob(f"{listed['schema']}_*.py")):
        raise Fault("newer")
    return dict(listed)


def _unpack(pipe: int, folder: Path) -> dict[str, str]:
    """Every file of the tar, written; its SHA-256 by name, and the manifest's text."""
    found = {}
    with os.fdopen(pipe, "rb") as plain:
        try:
            with tarfile.open(fileobj=plain, mode="r|") as tar:
                for member in tar:
                    content = tar.extractfile(member)
                    name = PurePosixPath(member.name)
                    if content is None or name.is_absolute() or ".." in name.parts:
                        raise Fault("torn")
                    if member.name == MANIFEST:
                        found[MANIFEST] = content.read().decode()
                    else:
                        found[member.name] = _put(folder / name, content)
            while plain.read(BLOCK):
                pass  # what pads the end
        except tarfile.TarError:
            raise Fault("torn") from None
    return found


def _put(path: Path, content: IO[bytes]) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
