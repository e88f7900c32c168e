"""The face of Netpoll Lab: the command ``netpoll``, and nothing else."""

__all__: list[str] = []
