"""The colours, light and dark; text has a contrast of at least 4.5, graphics of 3 (WCAG 2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One theme. ``on_x`` is the text that stands on ``x``."""

    background: str
    ground: str
    text: str
    second: str
    outline: str
    grid: str
    running: str
    on_running: str
    runnable: str
    on_runnable: str
    waiting: str
    syscall: str
    work: str
    on_work: str
    wakeup: str
    on_wakeup: str
    brk: str
    on_brk: str
    news: str
    on_news: str
    faint: str


LIGHT = Palette(
    background="#FFFFFF",
    ground="#EEF2F6",
    text="#1A2330",
    second="#4A5666",
    outline="#77838F",
    grid="#D5DBE3",
    running="#12488F",
    on_running="#FFFFFF",
    runnable="#E69F00",
    on_runnable="#1A2330",
    waiting="#E6EAF0",
    syscall="#1B7F6E",
    work="#647587",
    on_work="#FFFFFF",
    wakeup="#B3261E",
    on_wakeup="#FFFFFF",
    brk="#8A0F6B",
    on_brk="#FFFFFF",
    news="#4A5666",
    on_news="#FFFFFF",
    faint="#B9C2CC",
)

DARK = Palette(
    background="#12171F",
    ground="#1A212B",
    text="#E8EDF3",
    second="#A9B4C2",
    outline="#748194",
    grid="#313B48",
    running="#9CCFFF",
    on_running="#0B1118",
    runnable="#C8871C",
    on_runnable="#0B1118",
    waiting="#2B3542",
    syscall="#2A7D70",
    work="#8796A8",
    on_work="#0B1118",
    wakeup="#FF8A75",
    on_wakeup="#0B1118",
    brk="#F08AD6",
    on_brk="#0B1118",
    news="#A9B4C2",
    on_news="#0B1118",
    faint="#3F4A58",
)
