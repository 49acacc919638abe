"""Facts that every app stands on."""

from servicedesk.core.models.calendar import BusinessCalendar as BusinessCalendar
from servicedesk.core.models.calendar import CalendarDay as CalendarDay
from servicedesk.core.models.calendar import CalendarVersion as CalendarVersion
from servicedesk.core.models.calendar import DayKind as DayKind
from servicedesk.core.models.live import LiveEvent as LiveEvent
