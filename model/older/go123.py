"""Go 1.23: nothing that is modelled differs from 1.24."""

from model.older.go124 import Go124


class Go123(Go124):
    """Go 1.23. Since 1.24 timers may belong to a synctest bubble, which is not modelled."""

    release = "1.23"
