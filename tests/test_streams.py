"""Where the command prints to: closed streams, full disks, narrow encodings, bare environments."""

from pathlib import Path

import pytest

from netpoll_lab.terminal import PLAIN
from shell import NETPOLL, shell
from timeline.glyphs import ASCII, UNICODE

FULL = "netpoll: the output cannot be written: the disk is full; free some\n"
UNWRITABLE = "netpoll: the output cannot be written: it is not open for writing; name another\n"
REASON = "the file would be larger than allowed; see `ulimit -f`"
TOO_LARGE = f"netpoll: the output cannot be written: {REASON}\n"


@pytest.mark.parametrize("closed", [">&-", "<&-", "<&- >&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_status(closed: str) -> None:
    status, out, err = shell(f"{NETPOLL} list --names six_in_one {closed}")
    assert (status, out, err) == (0, "" if ">&-" in closed.split() else "six_in_one_batch\n", "")

    status, _, err = shell(f"{NETPOLL} list kqueue {closed}")
    assert (status, len(err.splitlines())) == (2, 0 if "2>&-" in closed else 1)


@pytest.mark.slow
@pytest.mark.linux
def test_real_descriptors_never_get_the_number_of_a_closed_stream() -> None:
    assert shell(f"{NETPOLL} compare half_close <&- >&- 2>&-") == (0, "", "")


@pytest.mark.linux
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (f"{NETPOLL} list >/dev/full", FULL),
        (f"{NETPOLL} list 1</dev/null", UNWRITABLE),
        (f"{NETPOLL} list 2>/dev/full >/dev/full", ""),
    ],
)
def test_an_output_that_takes_nothing_is_one_message(command: str, message: str) -> None:
    assert shell(command) == (2, "", message)


@pytest.mark.linux
def test_a_limit_on_the_size_of_files_is_one_message(tmp_path: Path) -> None:
    command = f"(ulimit -f 0; {NETPOLL} list > {tmp_path / 'list.txt'})"

    assert shell(command, PYTHONDONTWRITEBYTECODE="1") == (2, "", TOO_LARGE)


def test_the_pictures_letters_have_the_stand_ins_that_pictures_in_ascii_have() -> None:
    for name in UNICODE.__slots__:
        assert getattr(UNICODE, name).translate(PLAIN) == getattr(ASCII, name), name


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
    ],
    ids=["ascii", "C locale"],
)
@pytest.mark.parametrize("words", ["run", "show", "compare --backends model,epoll"])
@pytest.mark.slow
@pytest.mark.linux
def test_a_terminal_that_knows_only_ascii_gets_only_ascii(
    words: str, environment: dict[str, str]
) -> None:
    status, plain, err = shell(f"{NETPOLL} {words} six_in_one_batch", **environment)
    _, full, _ = shell(f"{NETPOLL} {words} six_in_one_batch", PYTHONIOENCODING="utf-8")

    assert (status, err) == (0, "")
    assert plain.isascii()
    assert not full.isascii()
    assert "\\" not in plain, "a character without a stand-in"
    if words == "show":  # its times are virtual
        assert plain == full.translate(PLAIN)


@pytest.mark.slow
@pytest.mark.linux
def test_neither_home_nor_path_nor_terminal_is_needed(tmp_path: Path) -> None:
    names = "half_close yield_goes_last"
    status, out, err = shell(f"cd {tmp_path} && env -i TERM=dumb {NETPOLL} compare {names}")

    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "2 agree, 0 differ, 0 inconclusive"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.linux
def test_a_reader_that_goes_away_ends_a_comparison_quietly() -> None:
    status, out, err = shell(f"{NETPOLL} compare | head -n 1; exit ${{PIPESTATUS[0]}}")

    assert (status, len(out.splitlines()), err) == (141, 1, "")


@pytest.mark.slow
@pytest.mark.linux
def test_two_comparisons_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    names = "half_close six_in_one_batch yield_goes_last"
    status, out, err = shell(
        f"{NETPOLL} compare {names} --json {one} & "
        f"{NETPOLL} compare {names} --json {other} && wait $!"
    )

    assert (status, err) == (0, "")
    assert out.splitlines().count("3 agree, 0 differ, 0 inconclusive") == 2
    assert one.read_text() == other.read_text()
