"""Go 1.26: nothing that is modelled differs from 1.27."""

from model.program import Runtime


class Go126(Runtime):
    """Go 1.26. Since 1.27 an event of the break has a nil pollDesc; before, the address of a word
    of its own, which the model does not tell apart."""

    release = "1.26"
