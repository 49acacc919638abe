"""Rules about how long data are kept, as two people would have put them in force."""

from customers.models import RetentionRule


def put_in_force(key, by, days, now):
    """Return the rule, in force, as if it had been proposed and approved in time."""
    RetentionRule.objects.filter(key=key).update(
        days=days, active=True, confirmed_by=by, confirmed_at=now
    )
    return RetentionRule.objects.get(key=key)
