"""What a goroutine does, in a few words beside its name."""

from collections.abc import Sequence

_VERBS = {
    "read": "reads",
    "write": "writes",
    "fill": "fills",
    "close": "closes",
    "reopen": "reopens",
    "sleep": "sleeps",
    "busy": "busy",
    "yield": "yields",
    "go": "starts",
    "set_read_deadline": "read deadline",
    "set_write_deadline": "write deadline",
    "set_deadline": "deadline",
    "is_poll_descriptor": "asks about",
}


def note(steps: Sequence[str], most: int = 46) -> str:
    """``reads f0``; ``closes, reopens f0``; ``starts a, b``; too long: the first of it."""
    parts: list[tuple[str, str]] = []
    for step in steps:
        verb, thing = _part(step)
        if parts and parts[-1] == (verb, thing):
            continue
        if parts and thing and parts[-1][0] == verb:
            parts[-1] = (verb, f"{parts[-1][1]}, {thing}")
        elif parts and thing and parts[-1][1] == thing:
            parts[-1] = (f"{parts[-1][0]}, {verb}", thing)
        else:
            parts.append((verb, thing))
    words = [f"{verb} {thing}".strip() for verb, thing in parts]
    whole = "; ".join(words)
    while len(whole) > most and len(words) > 1:
        words.pop()
        whole = "; ".join(words) + "; …"
    return whole if len(whole) <= most else whole[: most - 1].rstrip(" ,;") + "…"


def _part(step: str) -> tuple[str, str]:
    words = step.split()
    verb = _VERBS.get(words[0], words[0])
    if words[0] in ("sleep", "busy"):
        return f"{verb} {' '.join(words[1:])}", ""
    if "deadline" in words[0] and len(words) > 2:
        return f"{words[1]} {verb}", words[2]
    return verb, words[1] if len(words) > 1 else ""
