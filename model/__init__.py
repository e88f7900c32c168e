"""The reference model of Go's network poller, as a discrete-event simulation of the newest Go."""

from model.backend import Model
from model.program import Runtime
from model.simulate import simulate

__all__ = ["Model", "Runtime", "simulate"]
