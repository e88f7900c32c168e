"""``netpoll eyes``: what each eye says beside the witnesses, all of them made by hand."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from by_hand import ByHand, one_message
from netpoll_lab.__main__ import main
from realgo.eyes import EYES, StraceEye
from scenario import Scenario, Trace, Unavailable
from toolchains_by_hand import only


class EyeByHand:
    """An eye that tells what a witness made by hand tells."""

    channels = frozenset({"run", "step"})

    def __init__(
        self,
        name: str,
        *,
        runs: str = "r1 r0",
        inconclusive: tuple[str, ...] = (),
        absent: str | None = None,
        why_not: str | None = None,
        unseen: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._witness = ByHand(name, runs=runs, inconclusive=inconclusive)
        self._absent = absent
        self._why_not = why_not
        self._unseen = unseen or {}

    def check(self) -> None:
        if self._absent is not None:
            raise Unavailable(self._absent)

    def why_not(self, scenario: Scenario) -> str | None:
        return self._why_not

    def unseen(self, trace: Trace, scenario: Scenario) -> Mapping[str, str]:
        return self._unseen

    def run(self, scenario: Scenario) -> Trace:
        return self._witness.run(scenario)


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch, ask: Callable[..., None]) -> Callable[..., None]:
    """Puts eyes made by hand in the place of the two, beside a Go and a model made by hand."""
    only(monkeypatch, "1.21", "1.27")
    ask(ByHand("go"), ByHand("model"))

    def replace(strace: EyeByHand, trace: EyeByHand) -> None:
        monkeypatch.setitem(EYES, "strace", lambda release, say: strace)
        monkeypatch.setitem(EYES, "trace", lambda release, say: trace)

    return replace


def test_eyes_that_agree_are_counted(
    two: str, eyes: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    eyes(EyeByHand("strace"), EyeByHand("trace"))

    assert main(["eyes", two]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "Go 1.27.1 without the overlay, beside go and model",
        "scenario  strace          trace",
        "two       agrees          agrees",
        "strace: 1 agree, 0 agree in their steps alone, 0 differ, 0 inconclusive, 0 not applicable",
        "trace: 1 agree, 0 agree in their steps alone, 0 differ, 0 inconclusive, 0 not applicable",
    ]


def test_a_difference_is_shown_and_outweighs_everything(
    two: str, eyes: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    eyes(EyeByHand("strace", inconclusive=("late",)), EyeByHand("trace", runs="r0 r1"))

    assert main(["eyes", two]) == 1

    out = capsys.readouterr().out
    assert "two       inconclusive    differs" in out
    assert "    strace: late\n" in out
    assert "    trace: at run 1 go has r1, trace has r0" in out


def test_what_is_not_applicable_is_no_agreement(
    two: str, eyes: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "nobody outside can do it"
    eyes(EyeByHand("strace", why_not=reason), EyeByHand("trace", why_not=reason))

    assert main(["eyes", two]) == 3

    out = capsys.readouterr().out
    assert "two       not applicable  not applicable" in out
    assert f"    strace, trace: {reason}\n" in out


def test_agreement_without_the_batches_is_called_so_and_says_why(
    two: str, eyes: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    eyes(EyeByHand("strace", unseen={"step": "it may race"}), EyeByHand("trace"))

    assert main(["eyes", two]) == 0

    out = capsys.readouterr().out
    assert "two       steps agree     agrees" in out
    assert "    strace: it may race\n" in out
    assert "strace: 0 agree, 1 agree in their steps alone," in out


def test_an_absent_eye_is_left_out_by_name_and_the_rest_does_not_count_as_all(
    two: str, eyes: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    eyes(EyeByHand("strace", absent="strace is not there"), EyeByHand("trace"))

    assert main(["eyes", two]) == 3

    out = capsys.readouterr().out
    assert "strace is left out: strace is not there\n" in out
    assert "two       agrees\n" in out


def test_an_absent_eye_that_was_asked_for_is_an_error(
    two: str, eyes: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    eyes(EyeByHand("strace", absent="it is not there"), EyeByHand("trace"))

    assert main(["eyes", two, "--eye", "strace"]) == 2

    assert one_message(capsys) == "netpoll: strace: it is not there"


def test_each_release_that_was_asked_for_has_its_own_lines(
    two: str, eyes: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    eyes(EyeByHand("strace"), EyeByHand("trace"))

    assert main(["eyes", two, "--go", "1.27,1.21", "--eye", "trace"]) == 0

    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Go ")]
    assert heads == [
        "Go 1.21.1 without the overlay, beside go and model",
        "Go 1.27.1 without the overlay, beside go and model",
    ]


def test_without_strace_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    eye = StraceEye()
    eye.program = tmp_path  # as if it were built

    with pytest.raises(Unavailable, match="on Debian and Ubuntu: apt-get install strace"):
        eye.check()
