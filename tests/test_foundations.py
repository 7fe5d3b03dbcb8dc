"""The leaves: configuration, money, secret links, the claim code, certificates, dates for eyes."""

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import NOW
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from shopvisio import child, config, i18n, links, money, tls
from shopvisio.claim import Claim, for_eyes
from shopvisio.config import BadConfig
from shopvisio.errors import Forbidden, NotFound, Unavailable

PARIS = ZoneInfo("Europe/Paris")


def env(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"SHOPVISIO_DATA": str(tmp_path / "data")} | more


# -- configuration


def test_without_a_word_it_serves_the_usual_ports(tmp_path: Path) -> None:
    found = config.load(env(tmp_path))
    assert (found.port, found.tls_port, found.media_port, found.bind) == (80, 443, 8443, "0.0.0.0")


def test_media_take_the_number_of_https_where_browsers_accept_it_unless_told(tmp_path: Path) -> None:
    assert config.load(env(tmp_path, SHOPVISIO_TLS_PORT="9443")).media_port == 9443
    assert config.load(env(tmp_path, SHOPVISIO_MEDIA_PORT="5000")).media_port == 5000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHOPVISIO_PORT", "eighty"),
        ("SHOPVISIO_PORT", "-1"),
        ("SHOPVISIO_PORT", "65536"),
        ("SHOPVISIO_PORT", "443"),
        ("SHOPVISIO_MEDIA_PORT", "0"),
        ("SHOPVISIO_BIND", "everywhere"),
        ("SHOPVISIO_PUBLIC_URL", "visio.example"),
        ("SHOPVISIO_PUBLIC_URL", "https://visio.example/shop"),
        ("SHOPVISIO_TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
        ("SHOPVISIO_MEDIA_ADDRESSES", "visio.example"),
        ("SHOPVISIO_TLS_CERT", "/nowhere.pem"),
        ("SHOPVISIO_TLS_KEY", __file__),
        ("SHOPVISIO_LOG_LEVEL", "loud"),
        ("SHOPVISIO_DATA", "/proc/nowhere"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_setting(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadConfig, match=name):
        config.load(env(tmp_path) | {name: value})


def test_somebody_must_be_able_to_come_in(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="both 0"):
        config.load(env(tmp_path, SHOPVISIO_PORT="0", SHOPVISIO_TLS_PORT="0"))


def test_the_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first = config.load(env(tmp_path)).secret_key
    assert config.load(env(tmp_path)).secret_key == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "data/secrets/secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data/secrets").stat().st_mode) == 0o700


def test_the_shop_is_reached_by_its_public_name_or_by_the_local_network(tmp_path: Path) -> None:
    assert config.load(env(tmp_path, SHOPVISIO_PUBLIC_URL="https://visio.example/")).base_url == "https://visio.example"
    assert config.load(env(tmp_path, SHOPVISIO_TLS_PORT="8443")).base_url.endswith(":8443")


# -- money


@given(st.integers(0, 10**9), st.sampled_from([0, 210, 550, 1000, 2000]))
def test_net_and_vat_make_the_advertised_price(gross: int, rate: int) -> None:
    price = money.split(gross, rate)
    assert price.net + price.vat == gross
    assert abs(price.net * (10000 + rate) - gross * 10000) <= (10000 + rate) // 2


def test_a_price_that_disagrees_with_itself_cannot_be() -> None:
    with pytest.raises(ValueError, match="!="):
        money.Price(net=10, vat=2, gross=13)


@pytest.mark.parametrize(
    ("typed", "cents"), [("29", 2900), ("29,9", 2990), ("29.90 €", 2990), ("1 234,05", 123405), ("0", 0)]
)
def test_an_amount_is_read_as_people_write_it(typed: str, cents: int) -> None:
    assert money.cents(typed) == cents


@pytest.mark.parametrize("typed", ["", "-1", "29,999", "abc", "1e3", "٣", "12345678", "1,2,3", "inf"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - it carries what was typed
        money.cents(typed)


# -- links


def test_a_link_opens_its_own_door_only() -> None:
    token = links.sign(b"s" * 32, "case", "abc")
    assert links.read(b"s" * 32, "case", token) == "abc"
    with pytest.raises(NotFound):
        links.read(b"s" * 32, "calendar", token)
    with pytest.raises(NotFound):
        links.read(b"t" * 32, "case", token)


@given(st.text(max_size=60))
def test_a_forged_link_opens_nothing(token: str) -> None:
    with pytest.raises(NotFound):
        links.read(b"s" * 32, "case", token)


# -- the claim code


def test_the_right_code_passes_as_people_type_it(tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    code = for_eyes(claim.renew(NOW))
    claim.check(code.lower().replace("-", " "), "1.2.3.4", NOW)
    assert len(code) == 19
    assert stat.S_IMODE((tmp_path / "claim.json").stat().st_mode) == 0o600


def test_a_code_is_over_after_an_hour(tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    old = claim.renew(NOW)
    with pytest.raises(Forbidden):
        claim.check(old, "1.2.3.4", NOW + timedelta(minutes=61))


def test_five_tries_a_minute_and_not_one_more(tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    code = claim.renew(NOW)
    for _ in range(5):
        with pytest.raises(Forbidden):
            claim.check("WRONG", "1.2.3.4", NOW)
    with pytest.raises(Forbidden, match="attendez"):
        claim.check(code, "1.2.3.4", NOW)
    claim.check(code, "5.6.7.8", NOW)
    claim.check(code, "1.2.3.4", NOW + timedelta(seconds=61))


def test_twenty_tries_in_all_make_a_new_code(tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    code = claim.renew(NOW)
    for number in range(20):
        with pytest.raises(Forbidden):
            claim.check("WRONG", f"10.0.0.{number}", NOW)
    with pytest.raises(Forbidden):
        claim.check(code, "10.0.1.1", NOW)


# -- HTTPS


def test_a_certificate_is_made_at_once_and_kept(tmp_path: Path) -> None:
    cert, key = tls.self_signed(tmp_path, ["localhost", "192.0.2.7"], NOW)
    before = cert.read_bytes()
    assert tls.self_signed(tmp_path, ["localhost"], NOW)[0].read_bytes() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert tls.context(cert, key).minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_certificate_is_made_anew_before_it_is_over_and_for_a_new_address(tmp_path: Path) -> None:
    cert, _key = tls.self_signed(tmp_path, ["localhost"], NOW)
    first = x509.load_pem_x509_certificate(cert.read_bytes()).serial_number
    tls.self_signed(tmp_path, ["localhost", "192.0.2.7"], NOW)
    second = x509.load_pem_x509_certificate(cert.read_bytes()).serial_number
    tls.self_signed(tmp_path, ["localhost"], NOW + tls.LIFE - timedelta(days=10))
    third = x509.load_pem_x509_certificate(cert.read_bytes()).serial_number
    assert len({first, second, third}) == 3


def test_a_pair_that_does_not_match_is_refused(tmp_path: Path) -> None:
    one, _ = tls.self_signed(tmp_path / "one", ["localhost"], NOW)
    _, other = tls.self_signed(tmp_path / "two", ["localhost"], NOW)
    with pytest.raises(BadConfig, match="HTTPS"):
        tls.context(one, other)


# -- for eyes


def test_hours_days_and_amounts_are_french() -> None:
    moment = datetime(2026, 11, 25, 8, 45, tzinfo=UTC)
    with i18n.use("fr", PARIS):
        assert i18n.when(moment) == "mercredi 25 novembre, 9\u00a0h\u00a045"
        assert i18n.time(moment.replace(minute=0)) == "9\u00a0h"
        assert i18n.money(2900) == "29\u00a0€"
        assert i18n.money(123456).replace("\u202f", " ") == "1 234,56\u00a0€"
        assert i18n.money(2900, decimals=True) == "29,00\u00a0€"


def test_the_first_of_a_month_is_written_so() -> None:
    first, last = datetime(2026, 12, 1, 12, tzinfo=UTC), datetime(2026, 12, 31, 12, tzinfo=UTC)
    written = (i18n.day, i18n.day_year, i18n.day_short, i18n.weekday_short)
    with i18n.use("fr", ZoneInfo("Europe/Paris")):
        assert [one(first) for one in written] == ["mardi 1er décembre", "1er décembre 2026", "1er déc.", "mar. 1er"]
        assert [one(last) for one in written] == ["jeudi 31 décembre", "31 décembre 2026", "31 déc.", "jeu. 31"]
    with i18n.use("en", ZoneInfo("Europe/Paris")):
        assert i18n.day(first) == "Tuesday 1 December"


def test_a_day_is_the_day_of_the_shop() -> None:
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    with i18n.use("fr", PARIS):
        assert i18n.day(late) == "jeudi 26 novembre"


def test_an_unknown_language_is_french() -> None:
    with i18n.use("xx", PARIS):
        assert i18n.language() == "fr"


# -- children


def test_a_child_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="exit"):
        child.run("shopvisio.nothing_there", b"")


def test_a_child_may_not_eat_the_memory() -> None:
    with pytest.raises(Unavailable):
        child.run("shopvisio.pictures", os.urandom(1000), megabytes=10)
