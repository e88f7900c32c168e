"""A listener: a TCP socket whose connections goroutines accept."""

import socket
from typing import TYPE_CHECKING

from realpoll.connection import Connection

if TYPE_CHECKING:
    from realpoll.loop import Loop


class Listener:
    """Listens at an address (host, port); ``address`` says which port a 0 became."""

    def __init__(self, loop: "Loop", address: tuple[str, int]) -> None:
        self._loop = loop
        server = socket.create_server(address)
        server.setblocking(False)
        self.address: tuple[str, int] = server.getsockname()
        self._connection = loop.connection(server.detach())

    async def accept(self) -> Connection:
        """The next connection, when there is one. Raises Closed after ``close``."""
        return self._loop.connection(await self._connection.when_readable(self._try))

    def _try(self) -> int:
        server = socket.socket(fileno=self._connection.fd)
        try:
            client, _ = server.accept()
        finally:
            server.detach()
        client.setblocking(False)
        return client.detach()

    async def close(self) -> None:
        """Stop listening; whoever waits in ``accept`` gets Closed."""
        await self._connection.close()
