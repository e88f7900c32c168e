"""The pytest plugin: every scenario of the catalogue as a test of somebody's own poller.

    pytest --netpoll-backend=mypackage.mymodule:MyPoller -m netpoll

makes one item for each scenario, which runs the model and that witness and fails with the
comparer's text where they differ. In a test of one's own the fixture does the same:

    def test_my_poller_takes_a_batch_as_go_does(netpoll_agrees):
        netpoll_agrees(MyPoller(), "six_in_one_batch")

The import stays light: the model and the explanation are imported when they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report import Result
    from scenario import Backend, Scenario

MARK = "netpoll"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options all begin with ``--netpoll-``."""
    group = parser.getgroup("netpoll", "conformance of a poller with the model of Go's")
    group.addoption(
        "--netpoll-backend",
        metavar="MODULE:CLASS",
        help="compare this witness with the model, one test for each scenario",
    )
    group.addoption(
        "--netpoll-scenario",
        metavar="NAME",
        action="append",
        default=[],
        help="only this scenario (may be repeated)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The mark of the items, so that ``-m netpoll`` runs them alone."""
    config.addinivalue_line("markers", f"{MARK}: a scenario compared with the model")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the items, if a witness was named."""
    spelling = config.getoption("--netpoll-backend")
    if spelling is not None:
        items.extend(_items(session, spelling, config.getoption("--netpoll-scenario")))


def _items(session: pytest.Session, spelling: str, names: list[str]) -> Iterator[pytest.Item]:
    from scenario import catalogue, find

    backend = load_backend(spelling)
    chosen = [find(name) for name in names] if names else list(catalogue().values())
    for scenario in chosen:
        item: ScenarioItem = ScenarioItem.from_parent(
            session, name=f"netpoll[{backend.name}-{scenario.name}]"
        )
        item.scenario, item.backend = scenario, backend
        item.add_marker(MARK)
        yield item


def load_backend(spelling: str) -> Backend:
    """The witness of ``module:Class``, made without arguments. Raises UsageError."""
    from importlib import import_module

    module, _, name = spelling.partition(":")
    try:
        backend: Backend = getattr(import_module(module), name)()
    except (ImportError, AttributeError, ValueError) as error:
        raise pytest.UsageError(
            f"--netpoll-backend={spelling}: {error}; write module:Class, importable from here"
        ) from error
    return backend


@pytest.fixture
def netpoll_agrees() -> Callable[[Backend, str], None]:
    """Compares a witness with the model in the catalogue's scenario of that name."""
    from model import Model
    from scenario import find

    def agrees(backend: Backend, name: str) -> None:
        must_agree(find(name), (Model(), backend))

    return agrees


class ScenarioItem(pytest.Item):
    """One scenario on the model and on one witness."""

    scenario: Scenario
    backend: Backend

    def runtest(self) -> None:
        """Fail with the comparer's text, skip for a late machine, pass only for agreement."""
        from model import Model

        must_agree(self.scenario, (Model(), self.backend))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item says it comes from."""
        return self.path, None, f"netpoll: {self.scenario.name}"

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """The comparer's text, without a traceback through this plugin."""
        if isinstance(excinfo.value, pytest.fail.Exception):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


def must_agree(scenario: Scenario, backends: Iterable[Backend]) -> None:
    """Pass if every pair agrees, once. A witness that is not there, or a scenario that is not for
    it, is a skip; so is a measured lateness. Whatever else is inconclusive fails."""
    from conformance.report import run_pairs

    (result,) = run_pairs([scenario], tuple(backends))
    for name, reason in (*result.unavailable.items(), *result.left_out.items()):
        pytest.skip(f"{name}: {reason}")
    _judge(result)


def _judge(result: Result) -> None:
    from conformance.explain import side_by_side
    from conformance.report import only_late
    from conformance.verdict import Agrees, Inconclusive

    for (one, other), verdict in result.verdicts.items():
        if isinstance(verdict, Agrees):
            continue
        if isinstance(verdict, Inconclusive) and only_late(verdict):
            pytest.skip("; ".join(verdict.reasons))
        text = side_by_side(result.traces[one], result.traces[other], verdict)
        pytest.fail(text, pytrace=False)
