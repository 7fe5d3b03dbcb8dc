"""An outside TURN server: whose names and passwords the seats get."""

import base64
import hashlib
import hmac

from conftest import NOW
from flask import Flask

from shopvisio import db, settings, turn

URLS = "turns:relais.exemple.example:443?transport=tcp turn:relais.exemple.example:3478"


def put(**typed: str) -> None:
    with db.writing():
        settings.put(typed, "tests", NOW)


def test_without_one_nothing_is_handed_out(house: Flask) -> None:
    assert turn.servers("customer", NOW) == []


def test_with_the_secret_each_seat_gets_a_password_for_a_day(house: Flask) -> None:
    put(turn_urls=URLS, turn_secret="une longue phrase")
    (server,) = turn.servers("staff:3", NOW)
    assert server["urls"] == URLS.split()
    assert server["username"] == f"{int(NOW.timestamp()) + 86_400}:staff"
    digest = hmac.new(b"une longue phrase", server["username"].encode(), hashlib.sha1).digest()
    assert server["credential"] == base64.b64encode(digest).decode()


def test_without_a_secret_the_account_is_used(house: Flask) -> None:
    put(turn_urls="turn:relais.exemple.example", turn_user="boutique", turn_password="mot")
    assert turn.servers("customer", NOW) == [
        {"urls": ["turn:relais.exemple.example"], "username": "boutique", "credential": "mot"}
    ]
