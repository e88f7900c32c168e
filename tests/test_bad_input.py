"""Bad input: one message each, with its place and a remedy, status 2 and no traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from by_hand import GOOD, ByHand, one_message
from netpoll_lab.__main__ import main
from scenario import Event, What

BROKEN: dict[str, tuple[str | bytes, str, str]] = {
    "broken TOML": (GOOD.replace("question =", "question"), ":1:", "correct this line"),
    "a binary": (b"\x7fELF\x02\x01\xff\xfe", ":1:7:", "UTF-8"),
    "an unknown step": (GOOD.replace('"read f0 64"', '"raad f0 64"'), ":8:", "'read'"),
    "an unknown action": (GOOD.replace('"write f0.peer', '"writ f0.peer'), ":3:", "'write'"),
    "an unknown kind": (GOOD.replace('"socketpair"', '"socketpear"', 1), ":5:", "'socketpair'"),
    "an unknown unit": (
        GOOD.replace('"read f0 64"', '"sleep 30parsecs"'), ":8:", "write 30ms",
    ),
    "an undeclared descriptor": (GOOD.replace('"read f0 64"', '"read f9 64"'), ":8:", "f9"),
    "an undeclared goroutine": (GOOD.replace('"read f0 64"', '"go r9"'), ":8:", "r9"),
    "a goroutine started twice": (
        GOOD.replace("script = [", 'script = ["go r0", "go r0", '), ":3:", "r0",
    ),
    "nothing to observe": ('question = "q"\nfinding = "f"\n', ":1:", "under [goroutines]"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["compare", "run", "show"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_scenario_is_one_message_with_place_and_remedy(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, place, remedy = BROKEN[name]
    path = tmp_path / "broken.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    assert main([command, str(path)]) == 2

    message = one_message(capsys)
    assert f"{path}{place}" in message
    assert remedy in message


def test_a_scenario_that_is_missing_is_said_with_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nowhere.toml"

    assert main(["run", str(path)]) == 2

    assert f"{path}:1:1: cannot be read (No such file" in one_message(capsys)


def test_a_directory_is_no_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path)]) == 2

    assert f"{tmp_path}:1:1: cannot be read (Is a directory)" in one_message(capsys)


def test_a_misspelt_name_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "six_in_one_bach"]) == 2

    assert "did you mean 'six_in_one_batch'?" in one_message(capsys)


@pytest.mark.parametrize("option", [["-o"], ["--json"]])
@pytest.mark.parametrize(
    ("where", "reason"), [("", "Is a directory"), ("no/such/file", "there is no directory")]
)
def test_an_output_that_cannot_be_written_is_said_before_anything_runs(
    option: list[str],
    where: str,
    reason: str,
    two: str,
    tmp_path: Path,
    ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    witnesses = ByHand("model"), ByHand("epoll")
    ask(*witnesses)
    path = tmp_path / where
    command = "run" if option == ["-o"] else "compare"

    assert main([command, two, *option, str(path)]) == 2

    message = one_message(capsys)
    assert str(path) in message
    assert reason.lower() in message.lower()
    assert [each.asked for each in witnesses] == [0, 0]


@pytest.mark.parametrize("command", ["trace", "timeline"])
def test_a_trace_that_was_cut_in_half_is_said_with_its_line(
    command: str, two: str, tmp_path: Path, ask: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    ask(ByHand("model"))
    path = tmp_path / "two.jsonl"
    assert main(["run", two, "-o", str(path)]) == 0
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    capsys.readouterr()
    picture = tmp_path / "two.txt"

    assert main([command, str(path), *(["-o", str(picture)] if command == "timeline" else [])]) == 2

    message = one_message(capsys)
    assert f"{path}:" in message
    assert "the trace was cut; run the scenario again" in message
    assert not picture.exists()


def test_a_picture_of_an_unknown_kind_names_the_known_ones(
    two: str, tmp_path: Path, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ByHand("model"))
    path = tmp_path / "two.bmp"

    assert main(["timeline", two, "-o", str(path)]) == 2

    assert "must end in .svg, .png, .pdf, .txt" in one_message(capsys)
    assert not path.exists()


class Silent(ByHand):
    """A witness that sees nothing happen."""

    def _events(self) -> list[Event]:
        return [Event(seq=0, what=What.SCRIPT, t=0)]


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_scenario_that_shows_nothing_is_said(
    command: str, two: str, ask: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(Silent("model"), Silent("epoll"))

    assert main([command, two]) == 2

    message = one_message(capsys)
    assert message.startswith("netpoll: two: nothing can be observed")
    assert "let the script do something" in message
