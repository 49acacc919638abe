"""Questions that this app puts to the apps above, which it does not know."""

from typing import Final

from django.dispatch import Signal

# Sent with `team` before a team is set inactive. A receiver raises RuleError, with a
# sentence for the administrator, if the team still has something to do.
team_may_close: Final = Signal()

# Sent with `request` and `account` (its key, or what was typed) when a try to sign in is
# refused because there were too many.
locked_out: Final = Signal()

# Sent with `presence`, `before` (open tickets and chats at once, as they were) and `now`
# when somebody's capacity was changed, in the same transaction.
capacity_set: Final = Signal()

# Sent with `user`, `by` and `now` when somebody leaves, in the transaction that closes
# their account: what is theirs alone (grants, drafts) ends. Work is handed over apart.
person_left: Final = Signal()

# Sent with `model`, `count`, `purpose`, `by`, `now` and `filters` when rows about people
# leave the system as a file; the log of what happened stands above.
rows_exported: Final = Signal()
