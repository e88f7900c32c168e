"""What older Go releases did differently: a class for each step back, over the one that is newer.

Each has as few functions as it takes. ``Go124`` says what 1.24 and before did, so that reading
from the newest back is reading a changelog from the top. ``model.releases`` says who is who.
"""

from model.older.go121 import Go121
from model.older.go122 import Go122
from model.older.go123 import Go123
from model.older.go124 import Go124
from model.older.go125 import Go125
from model.older.go126 import Go126

__all__ = ["Go121", "Go122", "Go123", "Go124", "Go125", "Go126"]
