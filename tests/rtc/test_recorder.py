"""What people of a call sent, written down as it was encoded, by the recorder's own child process."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import pytest

from shopvisio.recorder import Recorder, Written, weight
from shopvisio.rtc import Engine

from .peers import SOON, Person, people, until

FILES = {0: "customer.webm", 1: "staff.webm"}
Started = Callable[..., tuple[Recorder, "Future[Written]"]]


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(0, ["127.0.0.1"])
    made.start()
    yield made
    made.stop()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """started(limit): a recorder of this folder, and what it will have written."""
    made: list[Recorder] = []

    def start(limit: int = 1 << 30) -> tuple[Recorder, Future[Written]]:
        recorder, ended = Recorder(tmp_path, FILES, limit, 0), Future[Written]()
        made.append(recorder)
        recorder.start(ended.set_result)
        return recorder, ended

    yield start
    for one in made:
        one.end()


def played(path: Path) -> dict[str, Any]:
    """What a player finds in a file: of each kind its codec, its packets' times, and how many can be decoded."""
    found: dict[str, Any] = {}
    with av.open(str(path)) as file:
        found["seconds"] = (file.duration or 0) / 1e6
        for kind, codec in (("video", "vp8"), ("audio", "opus")):
            stream = next(one for one in file.streams if one.type == kind)
            assert stream.codec_context.name == codec
            file.seek(0)
            packets = [one for one in file.demux(stream) if one.size]
            found[kind] = [float((one.pts or 0) * one.time_base) for one in packets]
            assert found[kind] == sorted(found[kind])
            assert packets[0].is_keyframe
            assert sum(len(one.decode()) for one in packets) > len(packets) * 0.9
    return found


async def grown(path: Path, size: int) -> None:
    """Return once so much of the file is on the disk; fails after SOON."""
    await until(lambda: path.exists() and path.stat().st_size > size)


async def begin(engine: Engine, recorder: Recorder) -> None:
    await asyncio.wrap_future(engine.record("room", recorder.socket))


async def stop(engine: Engine, recorder: Recorder, ended: "Future[Written]") -> Written:
    await asyncio.wrap_future(engine.record("room", None))
    recorder.end()
    return await asyncio.wait_for(asyncio.wrap_future(ended), SOON)


def test_each_person_becomes_a_file_that_plays_and_lasts_through_a_redial(
    engine: Engine, started: Started, tmp_path: Path
) -> None:
    async def call() -> None:
        recorder, ended = await asyncio.to_thread(started)
        async with people(engine, "customer", "staff") as (customer, _staff):
            await begin(engine, recorder)
            for name in FILES.values():
                await grown(tmp_path / name, 4_000)
            again = Person(engine, "room", "customer")
            again.place = 0
            await customer.pc.close()
            await again.dial()
            await again.sees_and_hears()
            length = (tmp_path / FILES[0]).stat().st_size
            await grown(tmp_path / FILES[0], length + 8_000)
            written = await stop(engine, recorder, ended)
            await again.pc.close()
        assert written.why == ""
        assert set(written.files) == {0, 1}
        for place, (seconds, size) in written.files.items():
            file = tmp_path / FILES[place]
            found = played(file)
            assert size == file.stat().st_size
            assert abs(found["seconds"] - found["video"][0] - seconds) < 3
            assert abs(found["video"][-1] - found["audio"][-1]) < 2, "lips and voice end together"

    asyncio.run(call())


def test_what_was_written_plays_after_its_writer_was_killed(
    engine: Engine, started: Started, tmp_path: Path
) -> None:
    async def call() -> None:
        recorder, ended = await asyncio.to_thread(started)
        async with people(engine, "customer", "staff"):
            await begin(engine, recorder)
            await grown(tmp_path / FILES[0], 8_000)
            os.kill(recorder.number, signal.SIGKILL)
            assert (await asyncio.wait_for(asyncio.wrap_future(ended), SOON)).why == "failed"
            await asyncio.wrap_future(engine.record("room", None))
        assert len(played(tmp_path / FILES[0])["video"]) > 15

    asyncio.run(call())


def test_what_finds_no_room_is_counted(engine: Engine) -> None:
    async def call() -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
            theirs.setblocking(False)
            async with people(engine, "customer", "staff"):
                assert await asyncio.wrap_future(engine.record("room", ours)) == (0, 0)
                packets = missed = came = 0
                async with asyncio.timeout(SOON):
                    while not missed:
                        await asyncio.sleep(0.2)
                        more = await asyncio.wrap_future(engine.record("room", ours))
                        packets, missed = packets + more[0], missed + more[1]
                more = await asyncio.wrap_future(engine.record("room", None))
                packets, missed = packets + more[0], missed + more[1]
            with suppress(BlockingIOError):
                while theirs.recv(4096):
                    came += 1
            assert 0 < came == packets - missed

    asyncio.run(call())


def test_recordings_share_one_limit(tmp_path: Path) -> None:
    """What another one wrote counts, and what is no recording does not."""
    (tmp_path / "another.webm").write_bytes(bytes(900))
    (tmp_path / "photo.jpg").write_bytes(bytes(5_000))
    assert weight(tmp_path) == 900
    recorder, ended = Recorder(tmp_path, FILES, 800, 0), Future[Written]()
    recorder.start(ended.set_result)
    assert ended.result(SOON).why == "full"
    recorder.end()


def test_nothing_is_written_while_nothing_is_to_be_recorded_and_no_more_than_the_limit(
    engine: Engine, started: Started, tmp_path: Path
) -> None:
    async def call() -> None:
        recorder, ended = await asyncio.to_thread(started, 3_000)
        async with people(engine, "customer", "staff"):
            assert os.listdir(tmp_path) == []
            await begin(engine, recorder)
            assert (await asyncio.wait_for(asyncio.wrap_future(ended), SOON)).why == "full"
            await asyncio.wrap_future(engine.record("room", None))
        played(tmp_path / FILES[1])

    asyncio.run(call())
