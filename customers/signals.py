"""What customers tell and ask upward, inside the same transaction."""

from django.dispatch import Signal

# `customer`: everything on the person is wanted. Receivers return a list of `Section`.
packing = Signal()

# `customer`: may it be erased? Receivers return sentences that say why not yet.
erasure_asked = Signal()

# `customers` (keys), `now`: they are being erased, in this transaction. Receivers
# overwrite what names them.
erasing = Signal()

customers_merged = Signal()
"""`kept`, `gone`, `by`, `now`: a receiver moves its rows from `gone` to `kept` and
returns a name and the keys of the rows that it moved, or None."""
customers_unmerged = Signal()
"""`kept`, `gone`, `moved` (the keys by name), `by`, `now`: a receiver gives its rows
back, those that are still there."""
