"""``netpoll rules``: the contract, and whether each wrong implementation is found out."""
