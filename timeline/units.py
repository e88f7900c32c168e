"""How times and orders are written."""

_SCALES = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))


def duration(ns: int) -> str:
    """``30 ms``, ``1.5 µs``, ``800 ns``, ``1 s``: at most three decimals, no trailing zeros."""
    for scale, unit in _SCALES:
        if abs(ns) >= scale:
            return f"{number(ns / scale)} {unit}"
    return f"{ns} ns" if ns else "0"


def due(ns: int) -> str:
    """A timer's moment or timeout, from one millisecond on without what the program took itself."""
    return f"{number(ns / 1_000_000, 1)} ms" if abs(ns) >= 1_000_000 else duration(ns)


def number(value: float, decimals: int = 3) -> str:
    """A number without trailing zeros."""
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ordinal(n: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``."""
    if n % 100 in (11, 12, 13):
        return f"{n}th"
    return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th') }"


def fixed(ns: int, longest_ns: int) -> str:
    """A moment in the unit that suits the whole picture: ``27.0 µs``, ``8.001 ms``."""
    if longest_ns < 1_000_000:
        return f"{ns / 1_000:.1f} µs"
    return f"{ns / 1_000_000:.3f} ms"
