"""The contract, the comparer and its verdicts."""

from conformance.compare import compare
from conformance.verdict import Agrees, Batch, Differs, Inconclusive, Racy, Together, Verdict

__all__ = ["Agrees", "Batch", "Differs", "Inconclusive", "Racy", "Together", "Verdict", "compare"]
