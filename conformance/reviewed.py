"""Changes of Go that mean the same for the model, read function by function."""

from collections.abc import Mapping

REVIEWED: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
