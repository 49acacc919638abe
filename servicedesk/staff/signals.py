"""Questions that this app puts to the apps above, which it does not know."""

from typing import Final

from django.dispatch import Signal

# Sent with `team` before a team is set inactive. A receiver raises RuleError, with a
# sentence for the administrator, if the team still has something to do.
team_may_close: Final = Signal()
