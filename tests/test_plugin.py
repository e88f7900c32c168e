"""Scenarios run on pairs of witnesses, and as a pytest plugin for a poller of one's own."""

import dataclasses
from collections.abc import Sequence

import pytest

from conformance import Agrees, Inconclusive
from conformance.plugin import load_backend, must_agree
from conformance.report import only_late, run_pairs
from conformance.wrong import wrong
from model import Model, simulate
from scenario import CHANNELS, Backend, Scenario, Trace, Unavailable, catalogue, find

pytest_plugins = ["pytester"]


@dataclasses.dataclass
class Witness:
    """The model under another name, with what the words say."""

    name: str = "mine"
    title: str = "MINE"
    channels: frozenset[str] = frozenset(CHANNELS)
    breaks: str = ""
    reasons: tuple[str, ...] = ()
    missing: str = ""

    def run(self, scenario: Scenario) -> Trace:
        if self.missing:
            raise Unavailable(self.missing)
        trace = (
            simulate(scenario, runtime=wrong(self.breaks)) if self.breaks else simulate(scenario)
        )
        return dataclasses.replace(trace, witness=self.name, inconclusive=self.reasons)


SIX = find("six_in_one_batch")


def judged(witness: Witness, scenario: Scenario = SIX) -> None:
    must_agree(scenario, [Model(), witness])


def test_agreement_passes() -> None:
    judged(Witness())


def test_a_difference_fails_with_the_comparers_text() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"DIFFERS at run 1: MODEL has r5, MINE has r0"):
        judged(Witness(breaks="ListIsAQueue"))


def test_measured_lateness_is_neither_pass_nor_failure() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"mine: a sleep was 12\.0 ms late"):
        judged(Witness(reasons=("a sleep was 12.0 ms late (limit 10 ms)",)))


@pytest.mark.parametrize(
    "reasons",
    [("not quiet after 2 s",), ("a sleep was 12.0 ms late (limit 10 ms)", "not quiet after 2 s")],
    ids=["other", "late and other"],
)
def test_whatever_else_is_inconclusive_fails(reasons: tuple[str, ...]) -> None:
    with pytest.raises(pytest.fail.Exception, match="INCONCLUSIVE"):
        judged(Witness(reasons=reasons))


def test_a_witness_that_is_not_there_is_a_skip_with_its_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="mine: no epoll here"):
        judged(Witness(missing="no epoll here"))


def test_a_scenario_for_others_is_a_skip_with_its_reason() -> None:
    others = dataclasses.replace(SIX, witnesses=("model",), reason="it needs magic")

    with pytest.raises(pytest.skip.Exception, match="mine: it needs magic"):
        judged(Witness(), others)


def test_lateness_is_known_by_its_figure() -> None:
    def says(*reasons: str) -> bool:
        verdict = Inconclusive(scenario="s", witnesses=("model", "epoll"), reasons=reasons)
        return only_late(verdict)

    assert says("epoll: the entry `go t0` was 7.2 ms late (limit 5 ms)")
    assert not says("epoll: somebody came late")


def test_each_pair_of_three_witnesses_gets_its_verdict_in_each_round() -> None:
    witnesses: Sequence[Backend] = (Model(), Witness(), Witness(name="other"))

    results = list(run_pairs([SIX, find("partial_read")], witnesses, repeat=2))

    assert [(one.scenario, one.repeat) for one in results] == [
        ("six_in_one_batch", 1),
        ("six_in_one_batch", 2),
        ("partial_read", 1),
        ("partial_read", 2),
    ]
    for one in results:
        assert list(one.verdicts) == [("model", "mine"), ("model", "other"), ("mine", "other")]
        assert all(isinstance(verdict, Agrees) for verdict in one.verdicts.values())


def test_who_is_not_there_is_named_and_the_others_are_compared() -> None:
    witnesses = (Model(), Witness(missing="no epoll here"), Witness(name="other"))

    (one,) = run_pairs([SIX], witnesses)

    assert one.unavailable == {"mine": "no epoll here"}
    assert list(one.verdicts) == [("model", "other")]


def test_a_channel_that_one_of_them_cannot_see_is_not_compared() -> None:
    blind = Witness(breaks="ListIsAQueue", channels=frozenset(CHANNELS) - {"run"})

    (one,) = run_pairs([SIX], [Model(), blind])

    verdict = one.verdicts["model", "mine"]
    assert isinstance(verdict, Agrees)
    assert verdict.unseen == ("run",)


@pytest.mark.parametrize("names", [("mine",), ("mine", "mine")])
def test_two_witnesses_of_different_names_are_needed(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="two or more witnesses"):
        next(run_pairs([SIX], [Witness(name=name) for name in names]))


# --- the plugin --------------------------------------------------------------------------------


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Somebody's project with a right and a wrong poller."""
    pytester.syspathinsert()
    pytester.makepyfile(
        pollers="""
        from dataclasses import replace

        from conformance.wrong import wrong
        from model import Model, simulate

        class Right(Model):
            name = "right"

            def run(self, scenario):
                return replace(super().run(scenario), witness="right")

        class Wrong(Right):
            def run(self, scenario):
                trace = simulate(scenario, runtime=wrong("ListIsAQueue"))
                return replace(trace, witness="wrong")
        """
    )
    return pytester


@pytest.mark.slow
def test_a_right_poller_passes_every_scenario(project: pytest.Pytester) -> None:
    result = project.runpytest("--netpoll-backend=pollers:Right", "-m", "netpoll")

    outcomes = result.parseoutcomes()
    # A scenario that names its witnesses is not for a third party's poller, and says why.
    not_for_all = [one for one in catalogue().values() if one.witnesses is not None]
    assert outcomes == {
        "passed": len(catalogue()) - len(not_for_all),
        "skipped": len(not_for_all),
    }


@pytest.mark.slow
def test_a_wrong_poller_fails_with_the_comparers_text(project: pytest.Pytester) -> None:
    result = project.runpytest(
        "--netpoll-backend=pollers:Wrong",
        "--netpoll-scenario=six_in_one_batch",
        "--netpoll-scenario=partial_read",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*six_in_one_batch*", "DIFFERS at run 1: *", "*rule*R07*"])


@pytest.mark.slow
def test_the_fixture_holds_ones_own_poller_to_a_scenario(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from pollers import Right, Wrong

        def test_right(netpoll_agrees):
            netpoll_agrees(Right(), "six_in_one_batch")

        def test_wrong(netpoll_agrees):
            netpoll_agrees(Wrong(), "six_in_one_batch")
        """
    )

    result = project.runpytest()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*DIFFERS at run 1: *"])


@pytest.mark.slow
def test_without_the_option_nothing_is_added(project: pytest.Pytester) -> None:
    project.makepyfile("def test_mine(): pass")

    project.runpytest().assert_outcomes(passed=1)


@pytest.mark.parametrize("spelling", ["nowhere:Class", "os:Nothing", "os"])
def test_a_backend_that_cannot_be_loaded_is_a_usage_error(spelling: str) -> None:
    with pytest.raises(pytest.UsageError, match="write module:Class"):
        load_backend(spelling)
