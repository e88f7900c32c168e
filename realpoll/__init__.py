"""Real epoll: goroutines in Python, over one edge-triggered epoll instance, in Go's order.

It is the witness that asks the kernel, and knows nothing of the model:
``RealEpoll().run(scenario)`` gives a trace. It is also a small loop of its own. A goroutine is an
``async def``; it waits for descriptors, deadlines, sleeps and semaphores, and costs no thread.

>>> from realpoll import Connection, Loop, Timeout
>>> loop = Loop()
>>> async def echo(client: Connection) -> None:
...     while data := await client.read(1024):
...         await client.write(data)
...     await client.close()
>>> async def serve(listener):
...     while True:
...         loop.go(echo(await listener.accept()))
>>> async def main():
...     listener = loop.listen(("127.0.0.1", 0))
...     loop.go(serve(listener))
...     with socket.create_connection(listener.address) as end:
...         end.setblocking(False)
...         ours = loop.connection(end.detach())
...     await ours.write(b"hello")
...     print(await ours.read(64))
...     ours.set_deadline(5_000_000)  # in ns from now
...     try:
...         await ours.read(64)
...     except Timeout as timeout:
...         print(timeout)
...     await ours.close()
...     return "over"
>>> import socket
>>> loop.run(main())
b'hello'
The deadline passed.
'over'

With one token (``Loop(procs=1)``) one goroutine runs at a time. More tokens let goroutines block in
a system call beside one another; Python's interpreter lock allows no more than that.
"""

from realpoll.connection import Connection
from realpoll.errors import Closed, NoDeadline, NotPollable, PartialWrite, Timeout, Trouble
from realpoll.goroutine import Goroutine
from realpoll.listener import Listener
from realpoll.loop import Loop
from realpoll.traps import Semaphore
from realpoll.witness import RealEpoll

__all__ = [
    "Closed",
    "Connection",
    "Goroutine",
    "Listener",
    "Loop",
    "NoDeadline",
    "NotPollable",
    "PartialWrite",
    "RealEpoll",
    "Semaphore",
    "Timeout",
    "Trouble",
]
