"""What a word on the command line stands for: a scenario of the catalogue, a file, a trace."""

from pathlib import Path

from scenario import Scenario, ScenarioError, Trace, catalogue, find, load, read_trace


def is_path(word: str) -> bool:
    """Whether the word means a file: names in the catalogue have neither a dot nor a slash."""
    return "." in word or "/" in word or (word not in catalogue() and Path(word).exists())


def scenario_of(word: str) -> Scenario:
    """The scenario of that name or in that file. Raises ScenarioError."""
    return load(Path(word)) if is_path(word) else find(_spelt(word))


def _spelt(word: str) -> str:
    """The word as the catalogue spells names, so that the nearest of them is found."""
    if word in catalogue():
        return word
    spelt = word.lower().replace("-", "_")
    if spelt in catalogue():
        raise ScenarioError(f"unknown scenario {word!r}; did you mean '{spelt}'?")
    return word


def trace_or_scenario(word: str) -> Trace | Scenario:
    """A scenario for a name or a .toml file, otherwise the trace in that file."""
    if is_path(word) and not word.endswith(".toml"):
        return read_trace(Path(word))
    return scenario_of(word)
