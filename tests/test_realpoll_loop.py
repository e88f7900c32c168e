"""The loop on its own: what a program sees that uses it."""

import doctest
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

import realpoll
from real_runs import descriptors, idle, pair, threads, waiting
from realpoll import Closed, Connection, Loop, NoDeadline, PartialWrite, Timeout
from realpoll.kernel import Kernel

pytestmark = pytest.mark.linux
MS = 1_000_000


@pytest.fixture(params=[1, 2], ids=["one token", "two tokens"])
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    """A loop; when it is over there is nothing left of it."""
    before = descriptors(), threads()
    yield Loop(procs=request.param)
    assert (descriptors(), threads()) == before


def test_the_example_of_the_package_is_true() -> None:
    assert doctest.testmod(realpoll).failed == 0


def test_a_read_waits_for_the_write_of_another_goroutine(loop: Loop) -> None:
    async def main() -> bytes:
        ours, theirs = pair(loop)

        async def write() -> None:
            await theirs.write(b"hello")

        loop.go(write())
        return await ours.read(64)

    assert loop.run(main()) == b"hello"


def test_a_thousand_goroutines_pass_a_message_round(loop: Loop) -> None:
    count = 1_000

    async def main() -> bytes:
        pairs = [pair(loop) for _ in range(count)]

        async def pass_on(index: int) -> None:
            await pairs[index + 1][0].write(await pairs[index][1].read(64))

        for index in range(count - 1):
            loop.go(pass_on(index))
        await pairs[0][0].write(b"round")
        return await pairs[-1][1].read(64)

    assert loop.run(main()) == b"round"


def test_a_long_write_waits_until_the_peer_has_read_all(loop: Loop) -> None:
    message = os.urandom(1_000_000)

    async def main() -> tuple[int, bytes]:
        ours, theirs = pair(loop)
        got = bytearray()
        over = loop.semaphore()

        async def read() -> None:
            while data := await theirs.read(65_536):
                got.extend(data)
            over.release()

        loop.go(read())
        written = await ours.write(message)
        await ours.close()
        await over.acquire()
        return written, bytes(got)

    assert loop.run(main()) == (len(message), message)


def test_a_deadline_ends_a_write_and_says_how_far_it_came(loop: Loop) -> None:
    async def main() -> int:
        ours, _theirs = pair(loop)
        ours.set_deadline(5 * MS)
        with pytest.raises(Timeout) as caught:
            await ours.write(bytes(1_000_000))
        return caught.value.done

    assert 0 < loop.run(main()) < 1_000_000


def test_a_write_that_fails_in_the_middle_says_how_far_it_came(loop: Loop) -> None:
    async def main() -> PartialWrite:
        ours, theirs = pair(loop)

        async def hang_up() -> None:
            await theirs.read(1)
            await theirs.close()

        loop.go(hang_up())
        with pytest.raises(PartialWrite) as caught:
            await ours.write(bytes(1_000_000))
        return caught.value

    failed = loop.run(main())
    assert isinstance(failed, PartialWrite)
    assert failed.errno in (errno.EPIPE, errno.ECONNRESET)  # the peer had not read all
    assert 0 < failed.done < 1_000_000


def test_a_deadline_in_the_past_fails_a_read_though_there_is_data(loop: Loop) -> None:
    async def main() -> bytes:
        ours, theirs = pair(loop)
        await theirs.write(b"late")
        ours.set_deadline(-1, write=False)
        with pytest.raises(Timeout):
            await ours.read(64)
        ours.set_deadline(None)
        return await ours.read(64)

    assert loop.run(main()) == b"late"


def test_close_returns_when_the_last_reader_has_left(loop: Loop) -> None:
    async def main() -> list[str]:
        ours, _theirs = pair(loop)
        told: list[str] = []

        async def read(name: str) -> None:
            with pytest.raises(Closed):
                await ours.read(64)
            told.append(name)

        loop.go(read("first"))
        await waiting(loop, 1)
        await ours.close()
        told.append("close")
        with pytest.raises(Closed):
            await ours.close()
        return list(told)

    assert loop.run(main()) == ["first", "close"]


def test_readers_of_one_descriptor_take_turns_first_come_first_served() -> None:
    loop = Loop()

    async def main() -> list[tuple[int, bytes]]:
        ours, theirs = pair(loop)
        told: list[tuple[int, bytes]] = []
        over = loop.semaphore()

        async def read(number: int) -> None:
            told.append((number, await ours.read(1)))
            over.release()

        for number in range(4):
            loop.go(read(number))
            await idle(loop)
        await theirs.write(b"abcd")
        for _ in range(4):
            await over.acquire()
        return list(told)

    assert loop.run(main()) == [(0, b"a"), (1, b"b"), (2, b"c"), (3, b"d")]


def test_whoever_waits_for_a_turn_gets_the_same_timeout(loop: Loop) -> None:
    async def main() -> int:
        ours, _theirs = pair(loop)
        over = loop.semaphore()

        async def read() -> None:
            with pytest.raises(Timeout):
                await ours.read(1)
            over.release()

        for _ in range(3):
            loop.go(read())
        await waiting(loop, 1)
        ours.set_deadline(-1)
        for _ in range(3):
            await over.acquire()
        return 3

    assert loop.run(main()) == 3


@pytest.mark.slow
def test_news_that_comes_while_a_goroutine_parks_is_not_lost(loop: Loop) -> None:
    """Goroutines are started from outside, so they park while another thread hands out."""
    count = 1_000
    got: list[bytes] = []
    over = threading.Event()
    pipes = [os.pipe() for _ in range(count // 10)]

    async def read(connection: Connection) -> None:
        got.append(await connection.read(1))
        if len(got) == count:
            over.set()

    connections = []
    for read_end, _ in pipes:
        os.set_blocking(read_end, False)
        connections.append(loop.connection(read_end))
    for number in range(count):
        loop.start(read(connections[number % len(pipes)]), f"r{number}")
        os.write(pipes[(number * 7) % len(pipes)][1], b"x")
    in_time = over.wait(20)
    loop.stop()
    for _, write_end in pipes:
        os.close(write_end)
    assert in_time, f"{len(got)} of {count} bytes were read"


def test_sleepers_wake_when_they_are_due(loop: Loop) -> None:
    async def main() -> list[int]:
        told: list[int] = []
        over = loop.semaphore()

        async def sleep(ms: int) -> None:
            begun = loop.now()
            await loop.sleep(ms * MS)
            assert loop.now() - begun >= ms * MS
            told.append(ms)
            over.release()

        for ms in (9, 1, 5):
            loop.go(sleep(ms))
        for _ in range(3):
            await over.acquire()
        return list(told)

    assert sorted(loop.run(main())) == [1, 5, 9]


def test_a_goroutine_that_fails_ends_the_loop_with_its_error(loop: Loop) -> None:
    async def fail() -> None:
        raise LookupError("lost")

    async def main() -> None:
        loop.go(fail())
        await loop.semaphore().acquire()

    with pytest.raises(LookupError, match="lost"):
        loop.run(main())


def test_a_loop_that_nothing_can_wake_says_so(loop: Loop) -> None:
    async def main() -> None:
        await loop.semaphore().acquire()

    with pytest.raises(RuntimeError, match="all goroutines are asleep"):
        loop.run(main())


def test_goroutines_that_still_wait_at_the_end_are_closed(loop: Loop) -> None:
    told: list[str] = []

    async def main() -> None:
        ours, _theirs = pair(loop)

        async def wait() -> None:
            try:
                await ours.read(64)
            finally:
                told.append("closed")

        for _ in range(3):
            loop.go(wait())
        await waiting(loop, 1)

    loop.run(main())
    assert told == ["closed"] * 3


def test_a_regular_file_is_read_without_polling_and_has_no_deadline(loop: Loop) -> None:
    async def main() -> bytes:
        file = loop.connection(os.open(__file__, os.O_RDONLY))
        assert not file.polled
        with pytest.raises(NoDeadline):
            file.set_deadline(MS)
        data = await file.read(3)
        await file.close()
        return data

    assert loop.run(main()) == b'"""'


def test_closing_a_listener_frees_who_waits_to_accept(loop: Loop) -> None:
    async def main() -> str:
        listener = loop.listen(("127.0.0.1", 0))
        over = loop.semaphore()

        async def accept() -> None:
            with pytest.raises(Closed):
                await listener.accept()
            over.release()

        loop.go(accept())
        await waiting(loop, 1)
        await listener.close()
        await over.acquire()
        return "over"

    assert loop.run(main()) == "over"


@pytest.mark.parametrize("pipe", [False, True], ids=["eventfd", "pipe"])
def test_breaks_coalesce_until_one_is_taken_out(pipe: bool) -> None:
    kernel = Kernel(pipe=pipe)
    try:
        assert [kernel.ring(), kernel.ring()] == [True, False]
        for _ in range(2):  # level-triggered: whoever may not take it out leaves it
            ((fd, _mask),), _mark = kernel.wait(0)
            assert fd == kernel.break_fd
        kernel.silence()
        assert kernel.wait(0) == ([], 0)
        assert kernel.ring()
    finally:
        kernel.close()


def test_it_can_be_imported_where_there_is_no_epoll() -> None:
    program = """
import select, sys
del select.epoll
sys.modules["fcntl"] = sys.modules["resource"] = None
from realpoll import Loop, RealEpoll
from scenario import Unavailable, find
sys.platform = "emscripten"
for ask in (Loop, lambda: RealEpoll().run(find("a_read_that_waits"))):
    try:
        ask()
    except Unavailable as unavailable:
        print(unavailable)
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(told) == 2
    assert told[0].startswith("This system has no epoll")
    assert told[1].startswith("Real epoll needs Linux")
