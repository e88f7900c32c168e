"""The model as a witness."""

from model.releases import NEWEST, runtime
from model.simulate import simulate
from scenario import CHANNELS, Scenario, Trace


class Model:
    """The Backend of the model of one Go release, such as ``1.21``.

    ``seed`` and ``look_ahead`` are those of ``simulate``. Raises Unavailable for a release that the
    model does not know.
    """

    name = "model"
    title = "MODEL"
    channels = frozenset(CHANNELS)

    def __init__(self, seed: int = 0, look_ahead: bool = True, release: str = NEWEST) -> None:
        self.seed = seed
        self.look_ahead = look_ahead
        self.release = release
        self.runtime = runtime(release)

    def run(self, scenario: Scenario) -> Trace:
        return simulate(scenario, runtime=self.runtime, seed=self.seed, look_ahead=self.look_ahead)
