"""Facts that every app stands on."""

from servicedesk.core.models.calendar import BusinessCalendar as BusinessCalendar
from servicedesk.core.models.calendar import CalendarDay as CalendarDay
from servicedesk.core.models.calendar import CalendarVersion as CalendarVersion
from servicedesk.core.models.calendar import DayKind as DayKind
from servicedesk.core.models.job import ACTIVE as ACTIVE
from servicedesk.core.models.job import Job as Job
from servicedesk.core.models.job import JobState as JobState
from servicedesk.core.models.keys import KeyBackup as KeyBackup
from servicedesk.core.models.keys import KeyCount as KeyCount
from servicedesk.core.models.keys import KeyRun as KeyRun
from servicedesk.core.models.keys import KeyWork as KeyWork
from servicedesk.core.models.live import LiveEvent as LiveEvent
from servicedesk.core.models.notification import MailState as MailState
from servicedesk.core.models.notification import Notification as Notification
from servicedesk.core.models.notification import (
    NotificationChoice as NotificationChoice,
)
from servicedesk.core.models.notification import QuietHours as QuietHours
from servicedesk.core.models.notification import Way as Way
from servicedesk.core.models.operations import Heartbeat as Heartbeat
from servicedesk.core.models.operations import HeartKind as HeartKind
from servicedesk.core.models.operations import Maintenance as Maintenance
from servicedesk.core.models.operations import Sweep as Sweep
from servicedesk.core.models.security import LONGEST_PATIENCE as LONGEST_PATIENCE
from servicedesk.core.models.security import SEVERITY as SEVERITY
from servicedesk.core.models.security import CheckRunState as CheckRunState
from servicedesk.core.models.security import Level as Level
from servicedesk.core.models.security import SecurityCheckRun as SecurityCheckRun
from servicedesk.core.models.security import SecurityFinding as SecurityFinding
from servicedesk.core.models.security import worst_of as worst_of
