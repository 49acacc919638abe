"""What the foundation tells the apps above, which it does not know."""

from typing import Final

from django.dispatch import Signal

# Sent with `kind`, `version`, `given_up` (values that cannot be read and need it) and
# `now` when a key is put away, in a transaction that ends with the file put away.
key_retired: Final = Signal()

# Sent with `run`, `count` (findings that are bad and were not told of before) and `now`
# when the security checks are through, in the transaction that ends the run.
security_found: Final = Signal()

# Sent with `request` and `what` (the name of the limit) each time somebody wants to use
# something more often than is allowed.
limit_met: Final = Signal()
