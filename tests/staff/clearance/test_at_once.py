"""Two at the same moment: signed once, reminded once, closed once."""

from django.utils import timezone

from servicedesk.core.models import Job
from servicedesk.staff.actions import leaving
from servicedesk.staff.actions.reminders import remind
from servicedesk.staff.models import AgreementSignature
from servicedesk.staff.tasks import sweep_departures
from tests.desk import at_once, fresh
from tests.factories import DAY, HOUR, UserFactory, clear
from tests.staff.clearance.test_people import lapse_in, told
from tests.staff.clearance.test_signing import put
from tests.staff.clearance.ways import go, taken


def test_two_browsers_sign_at_once(committed):
    user = clear(UserFactory(display_name="Ma Chao", cleared=False), signed=False)

    done = at_once(lambda: put(user), lambda: put(user))

    assert {each.pk for each in done} == {AgreementSignature.objects.get(user=user).pk}


def test_two_sweeps_at_once_remind_once(committed):
    user = UserFactory()
    now = timezone.now()
    lapse_in(user, 6 * DAY, now)

    done = at_once(lambda: remind(now=now), lambda: remind(now=now))

    assert sum(done) == 1
    assert told(user) == [7]


def test_the_day_comes_and_the_sweep_begins_once(committed):
    zhao = UserFactory(role="supervisor", team="call-centre", lead=True)
    wang, yu = UserFactory(team="call-centre"), UserFactory(team="call-centre")
    now = timezone.now()
    taken(yu, now)
    go(yu, zhao, now=now - DAY, leaves_at=now - HOUR, call_centre=wang)
    assert fresh(yu).is_active

    done = at_once(sweep_departures, sweep_departures)

    assert sum(done) == 1
    assert not fresh(yu).is_active
    assert Job.objects.filter(kind=leaving.JOB).count() == 1
    assert sweep_departures() == 0
