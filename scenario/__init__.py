"""The words that all witnesses share: scenarios, traces, channels, backends, the catalogue."""

from scenario.backend import CHANNELS, Backend
from scenario.channels import Break, Channels, Ready, StepResult, Wake, channels, first_runs
from scenario.errors import NetpollError, ScenarioError, TraceError, Unavailable
from scenario.files import catalogue, find, load
from scenario.parse import parse
from scenario.trace import TRACE_VERSION, Event, Trace, What
from scenario.tracefile import read_trace, trace_lines, write_trace
from scenario.words import (
    HOST,
    NO_DEADLINE_NS,
    PAST_NS,
    Action,
    Entry,
    Kind,
    Op,
    Outside,
    Scenario,
    Step,
)

__all__ = [
    "CHANNELS",
    "HOST",
    "NO_DEADLINE_NS",
    "PAST_NS",
    "TRACE_VERSION",
    "Action",
    "Backend",
    "Break",
    "Channels",
    "Entry",
    "Event",
    "Kind",
    "NetpollError",
    "Op",
    "Outside",
    "Ready",
    "Scenario",
    "ScenarioError",
    "Step",
    "StepResult",
    "Trace",
    "TraceError",
    "Unavailable",
    "Wake",
    "What",
    "catalogue",
    "channels",
    "find",
    "first_runs",
    "load",
    "parse",
    "read_trace",
    "trace_lines",
    "write_trace",
]
