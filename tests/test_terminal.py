"""What differs between a terminal and a pipe: progress, colours and columns."""

from io import StringIO

import pytest

from netpoll_lab.terminal import Progress, coloured, table

GREEN = "\x1b[32mfine\x1b[0m"


class Terminal(StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def looked_at(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of stdout, whatever the environment of the test run says."""
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return screen


def test_progress_is_one_line_that_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = looked_at(monkeypatch)
    progress = Progress(stream)

    progress.say("1 of 2")
    progress.say("2 of 2")
    progress.clear()

    assert stream.getvalue() == "\r\x1b[2K1 of 2\r\x1b[2K2 of 2\r\x1b[2K"


def test_progress_says_nothing_into_a_pipe() -> None:
    stream = StringIO()

    Progress(stream).say("1 of 2")

    assert stream.getvalue() == ""


def test_a_word_is_coloured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at(monkeypatch)

    assert coloured("fine", "good") == GREEN


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_word_stays_plain_where_colours_are_not_wanted(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(monkeypatch)
    monkeypatch.setenv(name, value)

    assert coloured("fine", "good") == "fine"


def test_a_word_stays_plain_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", StringIO())

    assert coloured("fine", "good") == "fine"


def test_columns_stand_under_each_other_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    table([("a", "one"), ("long_name", "two")])

    assert capsys.readouterr().out == "a          one\nlong_name  two\n"


def test_columns_hold_brackets_as_they_are_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = looked_at(monkeypatch)

    table([("a", "[bold]one[/bold]")])

    assert screen.getvalue().rstrip() == "a  [bold]one[/bold]"


def test_a_path_that_does_not_fit_is_folded_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = looked_at(monkeypatch)
    monkeypatch.setenv("COLUMNS", "30")

    table([("1.27", "/home/you/.cache/netpoll-lab/go/1.27.3")])

    assert "".join(screen.getvalue().split()) == "1.27/home/you/.cache/netpoll-lab/go/1.27.3"
