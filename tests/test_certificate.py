"""The certificate: when one is ordered and when not, what is served meanwhile, and what never is."""

import json
import shutil
import ssl
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW
from flask import Flask

from shopvisio import certificate, child, config, db, settings, tls
from shopvisio.certificate import Keeper, plan
from shopvisio.config import BadConfig, Config
from shopvisio.errors import Unavailable
from shopvisio.tls import Facts

NAME = "visio.example"
LIVES = {"160 h": timedelta(hours=160), "45 d": timedelta(days=45), "90 d": timedelta(days=90)}


@dataclass
class Tried:
    """One order."""

    at: datetime
    name: str = NAME
    code: str = ""


def given(at: datetime, life: timedelta, name: str = NAME) -> Facts:
    return Facts((name,), at, at + life, "An authority", False)


# -- when


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_it_is_renewed_at_two_thirds_of_its_life(life: timedelta) -> None:
    now = NOW
    present, tries = given(now, life), [Tried(now)]
    for _renewal in range(20):
        due = plan.due(present, NAME, tries, now)
        assert due == present.since + life * 2 / 3
        now = due
        present, tries = given(now, life), [Tried(now), *tries]
    assert now - NOW == 20 * life * 2 / 3


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
@pytest.mark.parametrize("is_asked", [False, True])
def test_however_long_it_fails_the_authority_is_never_pestered(life: timedelta, is_asked: bool) -> None:
    """Fails for three days from its renewal on, the owner pressing the button all the while."""
    present, now = given(NOW, life), NOW
    tries = [Tried(NOW)]
    while now < plan.renewal(present) + timedelta(days=3):
        now = plan.due(present, NAME, tries[:40], now, is_asked)
        tries.insert(0, Tried(now, code="connection"))
    times = [one.at for one in tries if one.code]
    assert len(times) > 10
    assert all(later - earlier >= timedelta(minutes=15) for later, earlier in pairwise(times))
    for at in times:
        assert len([one for one in times if at <= one < at + timedelta(hours=1)]) <= 4


def test_waiting_grows_to_six_hours_and_no_longer() -> None:
    tries: list[Tried] = []
    now, waits = NOW, []
    for _failure in range(9):
        due = plan.due(None, NAME, tries, now)
        waits.append((max(due, now) - now) / timedelta(minutes=1))
        now = max(due, now)
        tries.insert(0, Tried(now, code="dns"))
    assert waits == [0, 15, 30, 60, 120, 240, 360, 360, 360]


def test_another_name_is_ordered_at_once_but_not_within_a_quarter_of_an_hour() -> None:
    present = given(NOW, LIVES["90 d"], "old.example")
    assert plan.due(present, NAME, [Tried(NOW - timedelta(days=1), "old.example")], NOW) <= NOW
    assert plan.due(present, NAME, [Tried(NOW, "old.example")], NOW) == NOW + timedelta(minutes=15)


def test_what_a_wrong_clock_wrote_into_the_future_holds_nothing_up() -> None:
    assert plan.due(None, NAME, [Tried(NOW + timedelta(days=3000), code="dns")], NOW) <= NOW


# -- what is served


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """The installer's two files, overwritten by each call."""

    def files(*names: str, key_of: str = "", **more: Any) -> tuple[Path, Path]:
        cert, key = tls.self_signed(tmp_path / "-".join(names), list(names), more.get("now", NOW))
        if key_of:
            _cert, key = tls.self_signed(tmp_path / key_of, [key_of], NOW)
        made = tmp_path / "own.pem", tmp_path / "own.key"
        shutil.copy(cert, made[0])
        shutil.copy(key, made[1])
        return made

    return files


def env(tmp_path: Path, **more: str) -> Config:
    ports = {"SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "8443"}
    return config.load({"SHOPVISIO_DATA": str(tmp_path / "data"), **ports, **more})


def served(context: ssl.SSLContext) -> bytes:
    """The certificate that somebody who connects is shown; raises SSLError where there is none to show."""
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = ssl.create_default_context()
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    client = asking.wrap_bio(here, there)
    server = context.wrap_bio(there, here, server_side=True)
    waiting = {client, server}
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.discard(side)
            except ssl.SSLWantReadError:
                pass
    found = client.getpeercert(binary_form=True)
    assert found is not None
    return found


def test_without_anything_one_of_our_own_is_served_at_once(tmp_path: Path) -> None:
    keeper = Keeper(env(tmp_path), NOW)
    assert (keeper.how, keeper.served.is_self_signed, keeper.fault) == ("self", True, "")
    assert served(keeper.context)


def test_own_files_are_followed_when_they_change(tmp_path: Path, own: Callable[..., tuple[Path, Path]]) -> None:
    cert, key = own("one.example")
    keeper = Keeper(env(tmp_path, SHOPVISIO_TLS_CERT=str(cert), SHOPVISIO_TLS_KEY=str(key)), NOW)
    before = served(keeper.context)
    own("two.example")
    keeper.look(NOW)
    assert (keeper.how, keeper.served.names) == ("own", ("two.example",))
    assert served(keeper.context) != before


@pytest.mark.parametrize("fault", ["mismatched", "cut", "empty", "gone", "rubbish"])
def test_a_pair_that_does_not_fit_changes_nothing_for_those_who_connect(
    tmp_path: Path, own: Callable[..., tuple[Path, Path]], fault: str
) -> None:
    """A pair that does not fit, loaded into a live context, leaves everybody without a certificate."""
    cert, key = own("one.example")
    keeper = Keeper(env(tmp_path, SHOPVISIO_TLS_CERT=str(cert), SHOPVISIO_TLS_KEY=str(key)), NOW)
    before = served(keeper.context)
    if fault == "mismatched":
        own("two.example", key_of="other.example")
    elif fault == "cut":
        cert.write_bytes(cert.read_bytes()[:200])
    elif fault == "empty":
        key.write_bytes(b"")
    elif fault == "gone":
        cert.unlink()
    else:
        cert.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    keeper.look(NOW)
    assert keeper.fault
    assert served(keeper.context) == before
    own("three.example")
    keeper.look(NOW)
    assert keeper.fault == ""
    assert served(keeper.context) != before


def test_a_key_behind_a_pass_phrase_is_refused_and_nobody_is_asked_for_it(
    tmp_path: Path, own: Callable[..., tuple[Path, Path]]
) -> None:
    from cryptography.hazmat.primitives import serialization

    cert, key = own("one.example")
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    with pytest.raises(BadConfig, match="HTTPS"):
        Keeper(env(tmp_path, SHOPVISIO_TLS_CERT=str(cert), SHOPVISIO_TLS_KEY=str(key)), NOW)


# -- ordered


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """Stands where the child process is; answers what lies in the list: names for a certificate, or a refusal."""
    answers: list[Any] = []

    def run(module: str, given: bytes, *_limits: float) -> bytes:
        assert module == "shopvisio.certificate.order"
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            return json.dumps(answer).encode()
        cert, key = tls.self_signed(tmp_path / f"from-authority-{len(answers)}", list(answer), NOW)
        return json.dumps({"pem": tls.read(cert, key).decode()}).encode()

    monkeypatch.setattr(child, "run", run)
    yield answers
    assert answers == []


@pytest.fixture
def keeper(house: Flask, settled: Config) -> Keeper:
    """An appliance whose owner gave a name, and agreed."""
    with db.writing():
        settings.put({"public_name": NAME, "certificate": "yes"}, "owner", NOW)
    return Keeper(settled, NOW)


def test_nothing_is_ordered_before_the_owner_gave_a_name_and_agreed(house: Flask, settled: Config) -> None:
    keeper = Keeper(settled, NOW)
    for typed in ({}, {"certificate": "yes"}, {"certificate": "no", "public_name": NAME}):
        with db.writing():
            settings.put(typed, "owner", NOW)
        assert certificate.due(settled, keeper, NOW) is None
        certificate.order_if_due(settled, keeper, NOW)
    assert certificate.latest() == []
    assert not (settled.secrets / "authority-account.key").exists()


def test_what_comes_is_served_and_kept_for_nobody_else_to_read(
    settled: Config, keeper: Keeper, authority: list[Any]
) -> None:
    before = served(keeper.context)
    authority.append([NAME])
    certificate.order_if_due(settled, keeper, NOW)
    assert (keeper.how, keeper.served.names) == ("authority", (NAME,))
    assert served(keeper.context) != before
    for name in ("authority.pem", "authority-account.key"):
        assert stat.S_IMODE((settled.secrets / name).stat().st_mode) == 0o600
    assert [(one.name, one.code) for one in certificate.latest()] == [(NAME, "")]
    certificate.order_if_due(settled, keeper, NOW + timedelta(days=1))  # nothing is due
    assert Keeper(settled, NOW + timedelta(days=1)).how == "authority"  # after a restart


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "connection", "words": "timeout during connect"},
        Unavailable("exit 1: no answer"),
        ["somebody-else.example"],
        {"pem": "no certificate at all"},
    ],
    ids=["refused", "crashed", "another name", "rubbish"],
)
def test_whatever_goes_wrong_the_old_one_stays_and_the_reason_is_kept(
    settled: Config, keeper: Keeper, authority: list[Any], answer: Any
) -> None:
    authority += [[NAME], answer]
    certificate.order_if_due(settled, keeper, NOW)
    before, due = served(keeper.context), certificate.due(settled, keeper, NOW)
    assert due is not None
    certificate.order_if_due(settled, keeper, due)
    assert served(keeper.context) == before
    last = certificate.latest()[0]
    assert last.code in ("connection", "unreachable", "unusable")
    assert last.words
    assert certificate.due(settled, keeper, due) == due + timedelta(minutes=15)


def test_the_button_shortens_the_waiting_but_not_below_what_is_fair(
    settled: Config, keeper: Keeper, authority: list[Any]
) -> None:
    authority += [{"code": "dns", "words": "NXDOMAIN"}] * 3
    now = NOW
    for _failure in range(3):
        now = certificate.due(settled, keeper, now) or NOW
        now = max(now, NOW)
        certificate.order_if_due(settled, keeper, now)
    assert certificate.due(settled, keeper, now) == now + timedelta(hours=1)
    keeper.ask()
    assert certificate.due(settled, keeper, now) == now + timedelta(minutes=15)


def test_one_that_is_over_makes_place_for_our_own(settled: Config, keeper: Keeper, authority: list[Any]) -> None:
    authority.append([NAME])
    certificate.order_if_due(settled, keeper, NOW)
    keeper.look(NOW + tls.LIFE + timedelta(days=1))
    assert (keeper.how, keeper.served.is_self_signed) == ("self", True)
    assert keeper.served.until > datetime(2027, 12, 1, tzinfo=UTC)
