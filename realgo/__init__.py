"""The real Go runtime as a witness: a toolchain, an overlay that records, an interpreter."""

__all__: list[str] = []
