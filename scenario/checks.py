"""What is wrong with a scenario whose words are all right: who starts whom, closed peers, times."""

from scenario.source import Node
from scenario.words import Scenario


def check(scenario: Scenario, root: Node) -> None:
    """Raises ScenarioError, at its place, for the first thing that could not be run."""
