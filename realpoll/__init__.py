"""Real epoll."""

from realpoll.connection import Connection
from realpoll.loop import Loop
from realpoll.witness import RealEpoll

__all__ = ["Connection", "Loop", "RealEpoll"]
