"""The records of a real Go program, held against the model: what stands behind ``go validate``.

``transitions`` finds what the model permits, by running it; ``checker`` holds records against that;
``story`` tells of a violation. Read them in this order.
"""
