"""The ways two people of a measurement are connected: directly, or through one of the servers."""

import asyncio
import http.client
import json
import re
import threading
import time
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from typing import Any

import simple_websocket

from tests.bench.people import Leave, Person
from tests.conftest import PASSWORD

Plan = dict[str, Any]


async def directly(_plan: Plan, _number: int, pair: list[Person], _joins: list[float]) -> Leave:
    """No server at all."""
    await pair[0].take(await pair[1].answer(await pair[0].offer()))
    await asyncio.gather(*(person.connected() for person in pair))
    return nothing


async def through_appliance(plan: Plan, number: int, pair: list[Person], joins: list[float]) -> Leave:
    """As the pages do: the customer by their link, the repairer signed in."""
    visit = plan["visits"][number]
    seats = ({"appointment": visit["key"]},
             {"appointment": visit["key"], "case": visit["case_path"].rpartition("/")[2]})
    lines = []
    for person, auth in zip(pair, seats, strict=True):
        line = await asyncio.to_thread(Line, plan["host"], auth, "" if "case" in auth else plan["cookie"])
        await line.ask("enter", mic=True, camera="on", sound=True, voice=False)
        offer, began = await person.offer(), time.monotonic()
        await person.take((await line.ask("offer", sdp=offer))["answer"])
        await person.connected()
        joins.append(time.monotonic() - began)
        lines.append(line)
    if plan["recorded"]:
        await lines[0].ask("record")
        await lines[1].ask("agree", yes=True)

    async def leave() -> None:
        for line in lines:
            await line.ask("leave")
            line.close()

    return leave


async def through_stock(plan: Plan, number: int, pair: list[Person], joins: list[float]) -> Leave:
    """One offer a line, over a Unix socket."""
    for person in pair:
        reader, writer = await asyncio.open_unix_connection(plan["socket"])
        offer, began = await person.offer(), time.monotonic()
        writer.write(json.dumps([number, offer]).encode() + b"\n")
        await person.take(json.loads(await reader.readline()))
        await person.connected()
        joins.append(time.monotonic() - began)
    return nothing


async def through_janus(plan: Plan, number: int, pair: list[Person], joins: list[float]) -> Leave:
    """One calls, the other accepts; Janus stands between."""
    caller, callee = Desk(plan["port"]), Desk(plan["port"])
    for desk, name in ((caller, f"a{number}"), (callee, f"b{number}")):
        await desk.ask({"request": "register", "username": name}, "registered")
    offer, began = await pair[0].offer(), time.monotonic()
    await caller.ask({"request": "call", "username": f"b{number}"}, "calling", {"type": "offer", "sdp": offer})
    answer = await pair[1].answer((await callee.hear("incomingcall"))["sdp"])
    await callee.ask({"request": "accept"}, "accepted", {"type": "answer", "sdp": answer})
    await pair[0].take((await caller.hear("accepted"))["sdp"])
    await asyncio.gather(*(person.connected() for person in pair))
    joins.append(time.monotonic() - began)
    return nothing


async def nothing() -> None:
    """People just go."""


WAYS: dict[str, Callable[[Plan, int, list[Person], list[float]], Awaitable[Leave]]] = {
    "direct": directly, "appliance": through_appliance, "stock": through_stock, "janus": through_janus,
}


class Line:
    """One page's Socket.IO line to the appliance."""

    def __init__(self, host: str, auth: dict[str, str], cookie: str) -> None:
        where = f"ws://{host}/socket.io/?EIO=4&transport=websocket"
        self._socket = simple_websocket.Client(where, headers={"Cookie": cookie})
        self._socket.send("40" + json.dumps(auth))      # at once: the library may hold the greeting until then
        said = self._socket.receive(15) or "nothing"
        if said.startswith("0"):
            said = self._socket.receive(15) or "nothing"
        assert said.startswith("40"), said
        self._answers: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                said = self._socket.receive()
                if said == "2":
                    self._socket.send("3")
                elif said.startswith("430"):
                    self._answers.put(json.loads(said[3:])[0])
        except simple_websocket.ConnectionClosed:
            pass

    async def ask(self, event: str, **payload: Any) -> Any:
        """The acknowledgement; raises when it is a refusal."""
        self._socket.send("420" + json.dumps([event, payload]))
        found = await asyncio.to_thread(self._answers.get, timeout=15)
        if "error" in found:
            raise RuntimeError(f"{event}: {found}")
        return found

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Desk:
    """One person's session with Janus's videocall plugin."""

    def __init__(self, port: int) -> None:
        self._socket = simple_websocket.Client(f"ws://127.0.0.1:{port}/", subprotocols=["janus-protocol"])
        self._where: dict[str, int] = {}
        self._where["session_id"] = self._begin({"janus": "create"})
        self._where["handle_id"] = self._begin({"janus": "attach", "plugin": "janus.plugin.videocall"})

    def _begin(self, request: dict[str, Any]) -> int:
        self._send(request)
        found = json.loads(self._socket.receive(5))
        return int(found["data"]["id"])

    def _send(self, request: dict[str, Any]) -> None:
        self._socket.send(json.dumps({**request, **self._where, "transaction": "t"}))

    async def ask(self, body: dict[str, Any], event: str, jsep: dict[str, Any] | None = None) -> None:
        """Return once Janus says ``event``."""
        self._send({"janus": "message", "body": body, **({"jsep": jsep} if jsep else {})})
        await self.hear(event)

    async def hear(self, event: str) -> dict[str, Any]:
        """The session description that came with ``event``, if any."""
        while True:
            said = json.loads(await asyncio.to_thread(self._socket.receive, 15))
            data = said.get("plugindata", {}).get("data", {})
            if data.get("result", {}).get("event") == event:
                return dict(said.get("jsep", {}))
            assert "error" not in data, data


def sign_in(host: str, who: str = "repairer") -> str:
    """The cookie of the repairer, or of somebody else of the shop."""
    line, cookie = http.client.HTTPConnection(host, timeout=10), ""
    line.request("GET", "/signin")
    page = line.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token
    cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
    line.request("POST", "/signin", f"email={who}%40shop.example&password={PASSWORD}&csrf_token={token[1]}",
                 {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie})
    page = line.getresponse()
    page.read()
    assert page.status in (302, 303), page.status
    return (page.getheader("Set-Cookie") or "").partition(";")[0]
