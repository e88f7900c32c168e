"""The table of how often real Go does the same."""

from benchmarks.realgo_repetitions import Counted, counted, table
from realgo import RealGo
from scenario import Scenario, Trace, parse
from tape import two_readers

LATE = ("the entry `go b` was 7.0 ms late (limit 5 ms)",)
SCENARIO = parse(
    'question = "Q?"\nfinding = "F"\n[goroutines]\nr0 = ["yield"]\n', name="by_hand", origin="here"
)


class Turning(RealGo):
    """Real Go by hand: two runs alike, one turned round, one late."""

    def runs(self, scenario: Scenario, times: int) -> tuple[Trace, ...]:
        alike = two_readers(witness="go")
        return alike, two_readers(runs="r0 r1"), alike, two_readers(inconclusive=LATE)


def test_sequences_are_counted_and_late_runs_apart() -> None:
    found = counted(Turning(), SCENARIO, 4)

    assert (found.sequences, found.reasons) == ((2, 1), LATE)
    assert found.text == "2 (2 + 1), 1 inconclusive"


def test_the_table_sums_each_column_up() -> None:
    one = Counted(scenario="a", sequences=(40,), reasons=())
    two = Counted(scenario="a", sequences=(38, 1), reasons=LATE)

    assert list(table([("idle", [one]), ("busy", [two])])) == [
        "| scenario | idle | busy |",
        "| --- | --- | --- |",
        "| a | 1 | 2 (38 + 1), 1 inconclusive |",
        "",
        "idle: 1 of 1 scenarios gave one sequence; 0 of 40 runs say nothing.",
        "busy: 0 of 1 scenarios gave one sequence; 1 of 40 runs say nothing.",
    ]
