"""A timeline as text of 80 columns, for terminals, mails and tests."""

import textwrap
from collections.abc import Sequence

from scenario.trace import Trace
from timeline.captions import Caption, captions, thinned, title
from timeline.glyphs import ASCII, UNICODE, Glyphs, cut, styled
from timeline.moments import has_clock
from timeline.story import Story, story
from timeline.strip import strip
from timeline.units import fixed
from timeline.words import badge, held_words, not_recorded, waiting_words

LEAST_WIDTH = 60
_LEAST_BECAUSE = 14
_WIDEST_WHO = 10
_GAPS = 12


def text(trace: Trace, *, width: int = 80, ascii: bool = False, color: bool = False) -> str:
    """The timeline of a trace as lines of at most ``width`` letters (60 or more).

    ``ascii`` keeps to ASCII; ``color`` adds terminal colours, which are never needed.
    """
    glyphs = ASCII if ascii else UNICODE
    width = max(width, LEAST_WIDTH)
    tale = story(trace)
    drawn = strip(tale, width=width, glyphs=glyphs, color=color)
    lines = [
        *_head(trace, title(tale), width, glyphs, color),
        "",
        *drawn.lines,
        "",
        *_legend(tale, drawn.lines, width, glyphs),
        *_remarks(tale, [*drawn.left_out, *tale.moments.idle.words()], width),
        "",
        *_table(tale, width, glyphs, color),
        *_orders(tale, width, glyphs),
    ]
    words = "\n".join(line.rstrip() for line in lines).rstrip() + "\n"
    return _to_ascii(words) if ascii else words


def _to_ascii(words: str) -> str:
    plain = words.replace("µ", "u").replace("…", "~").replace("\N{MULTIPLICATION SIGN}", "x")
    return plain.encode("ascii", "replace").decode()


def _head(trace: Trace, finding: str, width: int, glyphs: Glyphs, color: bool) -> list[str]:
    name = badge(trace)
    rest = "  ".join(("", trace.release, trace.scenario, f"GOMAXPROCS={trace.procs}"))
    first = styled(name, "badge", color) + cut(rest, width - len(name), glyphs)
    lines = textwrap.wrap(finding, width) or [""]
    return [first, *(styled(line, "strong", color) for line in lines)]


def _legend(tale: Story, drawn: Sequence[str], width: int, glyphs: Glyphs) -> list[str]:
    """What the letters mean: only those that occur."""
    letters = "".join(drawn)
    names = [
        (glyphs.waiting * 3, waiting_words(tale.trace)),
        (glyphs.runnable * 3, "runnable"),
        (glyphs.running * 3, "running"),
        (glyphs.syscall * 3, "in a system call"),
        (glyphs.blocked * 3, "epoll_wait"),
        (glyphs.held * 3, "held by the script"),
        (glyphs.stopped * 3, "stopped behind its fetch"),
        (glyphs.work * 3, "netpoll"),
    ]
    entries = [f"{sign} {words}" for sign, words in names if sign[:2] in letters]
    if tale.wakeups:
        entries.insert(min(1, len(entries)), "n wakeup")
    if any(mark.written for mark in tale.breaks):
        entries.append(f"{glyphs.written} break written")
    if any(not mark.written for mark in tale.breaks):
        entries.append(f"{glyphs.coalesced} break coalesced")
    return _filled(entries, width)


def _filled(entries: Sequence[str], width: int) -> list[str]:
    """Entries three blanks apart, in as many lines as they need."""
    lines: list[str] = []
    for entry in entries:
        if lines and len(lines[-1]) + 3 + len(entry) <= width:
            lines[-1] += f"   {entry}"
        else:
            lines.append(f"  {entry}")
    return lines


def _remarks(tale: Story, left_out: Sequence[str], width: int) -> list[str]:
    trace = tale.trace
    if not has_clock(trace):
        sentences = ["One step is one event; this trace has no times."]
    else:
        clock = "virtual" if trace.clock == "virtual" else f"{trace.clock}-clock"
        sentences = [f"One step is one event; the {clock} times stand at the top."]
    if left_out:
        sentences.append(f"Left out: {'; '.join(left_out)}.")
    sentences += [*held_words(tale), *not_recorded(tale)]
    if trace.inconclusive:
        sentences.append(f"This run counts for nothing: {'; '.join(trace.inconclusive)}.")
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(sentence, width, initial_indent="  ", subsequent_indent="  ")
    ]


def _table(tale: Story, width: int, glyphs: Glyphs, color: bool) -> list[str]:
    rows = thinned(captions(tale))
    if not rows:
        return ["  No wakeup."]
    longest = max(abs(tale.moments.start), abs(tale.moments.end))
    timed = has_clock(tale.trace)
    cells = [_cells(row, longest, timed, glyphs) for row in rows]
    steps = rows[0].mark == "step"
    heads = (
        "#",
        "when",
        "who",
        "did" if steps else "because",
        "how",
        "result" if steps else "runs",
    )
    if _spare([heads, *cells], width) < 0:
        cells = [
            (*cell[:3], row.brief if cell[3] else "", *cell[4:])
            for row, cell in zip(rows, cells, strict=True)
        ]
    widths = _widths([heads, *cells], width)
    cells = [
        (*cell[:4], row.how[0], cell[5]) if len(row.how[0]) <= widths[4] else cell
        for row, cell in zip(rows, cells, strict=True)
    ]
    widths[4] = min(widths[4], max(len(row[4]) for row in (heads, *cells)))
    lines = [_line(heads, widths, glyphs)]
    for row, cell in zip(rows, cells, strict=True):
        line = f"     {row.because}" if row.mark == "more" else _line(cell, widths, glyphs)
        lines.append(styled(line, "strong", color) if row.bold else line)
    return lines


def _cells(row: Caption, longest: int, timed: bool, glyphs: Glyphs) -> tuple[str, ...]:
    if row.mark == "more":
        return ("", "", "", "", "", "")
    marks = {"wake": str(row.number), "written": glyphs.written, "coalesced": glyphs.coalesced}
    marks["stale"] = "\N{MULTIPLICATION SIGN}"
    when = fixed(row.at, longest) if timed else ""
    return (marks.get(row.mark, "-"), when, row.who, row.because, row.how[1], row.runs[1])


def _wanted(rows: Sequence[Sequence[str]]) -> list[int]:
    """Each column as wide as its longest cell; names are cut."""
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    widths[2] = min(widths[2], _WIDEST_WHO)
    return widths


def _spare(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many letters are left when each column is as wide as it wants to be."""
    return width - _GAPS - sum(_wanted(rows))


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Each column as wide as its longest cell; ``how`` gets what is left, ``because`` is capped."""
    widths, spare = _wanted(rows), _spare(rows, width)
    if spare < 0:
        widths[3] = max(widths[3] + spare, min(widths[3], _LEAST_BECAUSE))
    widths[4] = max(width - _GAPS - sum(widths) + widths[4], 3)
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], glyphs: Glyphs) -> str:
    padded = [f"{cut(cell, w, glyphs):<{w}}" for cell, w in zip(cells, widths, strict=True)]
    return ("  " + "  ".join(padded)).rstrip()


def _orders(tale: Story, width: int, glyphs: Glyphs) -> list[str]:
    ran = tale.run_order
    if not tale.has_orders:
        return []
    woken = sorted(ran, key=lambda w: w.number)
    remark = "(the same order)"
    if tale.reordered:
        numbers = [w.number for w in ran]
        remark = "(reversed)" if numbers == sorted(numbers, reverse=True) else "(another order)"
    room = width - 9 - len(remark) - 3
    first = cut("  ".join(w.g for w in woken), room, glyphs)
    second = cut("  ".join(w.g for w in ran), room, glyphs)
    return ["", f"  woken  {first}", f"  run    {second}   {remark}"]
