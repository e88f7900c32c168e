"""The model as a witness."""

from model.simulate import simulate
from scenario import CHANNELS, Scenario, Trace


class Model:
    """The Backend of the model. ``seed`` and ``look_ahead`` are those of ``simulate``."""

    name = "model"
    title = "MODEL"
    channels = frozenset(CHANNELS)

    def __init__(self, seed: int = 0, look_ahead: bool = True) -> None:
        self.seed = seed
        self.look_ahead = look_ahead

    def run(self, scenario: Scenario) -> Trace:
        return simulate(scenario, seed=self.seed, look_ahead=self.look_ahead)
