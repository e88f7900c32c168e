"""Real epoll."""

from realpoll.loop import Loop
from realpoll.witness import RealEpoll

__all__ = ["Loop", "RealEpoll"]
