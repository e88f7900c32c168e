"""The time axis: windows, cuts, ticks."""

from itertools import pairwise

from timeline.clock import MOST_WINDOWS, QUIET_NS, Clock, Moment, clock, ticks


def axis_of(*times: int, least: float = 10.0, keep: tuple[int, ...] = ()) -> Clock:
    return clock([Moment(t=t, least_px=least) for t in times], x0=200, x1=1200, keep=keep)


def test_quiet_time_is_cut_and_its_length_said() -> None:
    axis = axis_of(0, 10_000, 8_000_000, 8_010_000)
    assert len(axis.windows) == 2
    assert [words for _, words in axis.cuts] == ["8.0 ms cut"]
    assert axis.x(4_000_000) is None


def test_the_windows_fill_the_plot_and_never_meet() -> None:
    for times in ((0,), (0, 5), (0, 10, 900_000), tuple(range(0, 9_000_000, 450_000))):
        axis = axis_of(*times)
        assert axis.windows[0].x0 == 200
        assert round(axis.windows[-1].x1, 6) == 1200
        for a, b in pairwise(axis.windows):
            assert a.end < b.start
            assert a.x1 < b.x0


def test_time_only_runs_to_the_right() -> None:
    axis = axis_of(0, 13, 26, 39, 2_000, 4_000, 150_000, least=13)
    for window in axis.windows:
        assert all(a < b for a, b in pairwise(window.times))
        assert all(a < b for a, b in pairwise(window.xs))


def test_moments_that_are_close_keep_their_least_distance() -> None:
    axis = axis_of(0, 2_000, 4_000, 4_013, 4_026, 4_039, 9_000, least=13)
    xs = [axis.x(t) for t in (4_000, 4_013, 4_026, 4_039)]
    assert all(b - a >= 13 for a, b in pairwise(x for x in xs if x is not None))
    assert None not in xs
    assert axis.stretched


def test_an_even_pace_is_drawn_evenly() -> None:
    axis = axis_of(0, 10_000, 20_000, 30_000)
    xs = [axis.x(t) or 0.0 for t in (0, 10_000, 20_000, 30_000)]
    steps = [round(b - a, 6) for a, b in pairwise(xs)]
    assert len(set(steps)) == 1
    assert not axis.stretched


def test_least_distances_shrink_together_when_there_are_too_many() -> None:
    axis = axis_of(*range(0, 100_000, 100), least=40)
    assert len(axis.windows) == 1
    assert round(axis.windows[0].x1, 6) == 1200


def test_too_many_windows_leave_those_around_wakeups() -> None:
    times = tuple(i * 1_000_000 for i in range(30))
    axis = axis_of(*times, keep=(20_000_000, 29_000_000))
    assert len(axis.windows) == MOST_WINDOWS
    assert axis.dropped == 30 - MOST_WINDOWS
    assert axis.x(20_000_000) is not None
    assert axis.x(29_000_000) is not None
    assert axis.x(19_000_000) is None


def test_a_stretch_across_a_cut_comes_in_pieces() -> None:
    axis = axis_of(0, 10_000, 8_000_000, 8_010_000)
    first, second = axis.windows
    assert axis.pieces(5_000, 8_005_000) == [
        (first.x(5_000), first.x1),
        (second.x0, second.x(8_005_000)),
    ]
    assert axis.pieces(1_000_000, 2_000_000) == []


def test_ticks_are_true_and_keep_apart() -> None:
    axis = axis_of(0, 10_000, 20_000, 70_000)
    found = ticks(axis)
    assert [tick.words for tick in found] == ["0", *(f"{n} µs" for n in range(10, 80, 10))]
    for tick in found:
        t = int(float(tick.words.split()[0]) * 1_000)
        assert tick.x == axis.x(t)
    assert all(b.x - a.x >= 84 for a, b in pairwise(found))


def test_in_several_windows_a_moment_is_named_and_the_rest_counts_from_it() -> None:
    found = ticks(axis_of(8_000_000, 8_010_000, 12_000_000, 12_010_000, 12_020_000))
    assert [tick.words for tick in found if tick.main] == ["8 ms", "12 ms"]
    assert all(tick.words.startswith("+") for tick in found if not tick.main)


def test_nothing_at_all_still_has_an_axis() -> None:
    axis = axis_of()
    assert axis.x(0) is not None
    assert ticks(axis)


def test_events_just_apart_enough_are_cut() -> None:
    assert len(axis_of(0, QUIET_NS - 1).windows) == 1
    assert len(axis_of(0, QUIET_NS).windows) == 2


def crowded(windows: int, marks: int, mark_px: float = 19.0) -> Clock:
    """So many windows, each with so many marks, between things that ask for room as well."""
    moments = [
        Moment(t=w * 1_000_000 + i * 1_000, least_px=40.0, mark_px=0.0 if i % 2 else mark_px)
        for w in range(windows)
        for i in range(2 * marks)
    ]
    return clock(moments, x0=400, x1=1256)


def apart(axis: Clock, window: int, marks: int) -> list[float]:
    """The distances between the marks of a window."""
    start = window * 1_000_000
    xs = [axis.x(start + 2_000 * i) or 0.0 for i in range(marks)]
    return [b - a for a, b in pairwise(xs)]


def test_marks_keep_their_room_where_everything_else_gives_way() -> None:
    axis = crowded(windows=5, marks=3)
    assert len(axis.windows) == 5
    assert min(px for w in range(5) for px in apart(axis, w, 3)) >= 19
    assert round(axis.windows[-1].x1, 6) == 1256


def test_windows_are_left_out_before_marks_overlap() -> None:
    axis = crowded(windows=7, marks=3)
    assert axis.dropped == 2
    assert min(apart(axis, 0, 3)) >= 19


def test_no_window_is_given_up_for_marks_that_would_overlap_all_the_same() -> None:
    axis = crowded(windows=9, marks=60)
    assert axis.dropped == 0
    assert round(axis.windows[-1].x1, 6) == 1256
