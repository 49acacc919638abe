"""Categories, priority matrix and service levels to begin with; all editable."""

import datetime as dt
from typing import Any

HOUR = 3600
WORKING_DAY = 8 * HOUR

# Each: slug, parent, names in Chinese and English, team, kind of ticket.
CATEGORIES: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("question", "", "产品咨询", "Question about a product", "call-centre", "inquiry"),
    ("order", "", "订单与物流", "Order and delivery", "logistics", "problem"),
    ("refund", "order", "退款退货", "Refund and return", "call-centre", "problem"),
    ("technical", "", "技术问题", "Technical problem", "technical", "problem"),
    ("repair", "technical", "维修", "Repair", "logistics", "problem"),
    ("account", "", "账户与隐私", "Account and privacy", "call-centre", "inquiry"),
    ("complaint", "", "投诉", "Complaint", "complaints", "complaint"),
    ("suggestion", "", "建议", "Suggestion", "call-centre", "suggestion"),
)

# Rows: severity critical, major, normal, minor; columns: urgency at once … can wait.
MATRIX: tuple[tuple[int, ...], ...] = (
    (1, 1, 2, 2),
    (1, 2, 2, 3),
    (2, 3, 3, 4),
    (3, 3, 4, 4),
)

# Each: slug, names in Chinese and English, channel, priority, calendar, and the three
# targets in seconds of open time: first response, next response, resolution.
SERVICE_LEVELS: tuple[tuple[Any, ...], ...] = (
    (
        "chat",
        "在线聊天 3 秒",
        "Chat within 3 seconds",
        "chat",
        None,
        "always",
        3,
        60,
        24 * HOUR,
    ),
    (
        "phone",
        "电话 5 秒",
        "Phone within 5 seconds",
        "phone",
        None,
        "always",
        5,
        None,
        24 * HOUR,
    ),
    (
        "email",
        "邮件一个工作日",
        "E-mail within a working day",
        "email",
        None,
        "office-cn",
        WORKING_DAY,
        WORKING_DAY,
        3 * WORKING_DAY,
    ),
    (
        "web-urgent",
        "网站紧急 30 分钟",
        "Website, urgent: 30 minutes",
        "web",
        1,
        "always",
        HOUR // 2,
        HOUR,
        8 * HOUR,
    ),
    (
        "web",
        "网站 4 小时",
        "Website within 4 hours",
        "web",
        None,
        "office-cn",
        4 * HOUR,
        4 * HOUR,
        2 * WORKING_DAY,
    ),
    (
        "standard",
        "标准服务",
        "Standard service",
        "",
        None,
        "office-cn",
        WORKING_DAY,
        WORKING_DAY,
        3 * WORKING_DAY,
    ),
)


def create_defaults(apps: Any, *, now: dt.datetime) -> None:
    """Create what is missing; for a migration."""
    _create_categories(apps)
    cells = apps.get_model("tickets", "PriorityRule").objects
    for severity, row in enumerate(MATRIX, 1):
        for urgency, priority in enumerate(row, 1):
            cells.get_or_create(
                severity=severity, urgency=urgency, defaults={"priority": priority}
            )
    _create_levels(apps, now)


def _create_categories(apps: Any) -> None:
    model = apps.get_model("tickets", "Category")
    teams = apps.get_model("staff", "Team").objects
    for place, (slug, parent, chinese, english, team, kind) in enumerate(CATEGORIES, 1):
        model.objects.get_or_create(
            slug=slug,
            defaults={
                "parent": model.objects.get(slug=parent) if parent else None,
                "name_zh": chinese,
                "name_en": english,
                "team": teams.get(slug=team),
                "kind": kind,
                "position": place * 10,
            },
        )


def _create_levels(apps: Any, now: dt.datetime) -> None:
    model = apps.get_model("tickets", "ServiceLevel")
    versions = apps.get_model("tickets", "ServiceLevelVersion").objects
    calendars = apps.get_model("core", "BusinessCalendar").objects
    for place, level in enumerate(SERVICE_LEVELS, 1):
        slug, chinese, english, channel, priority, calendar, first, following, whole = (
            level
        )
        row, created = model.objects.get_or_create(
            slug=slug,
            defaults={
                "name_zh": chinese,
                "name_en": english,
                "position": place * 10,
                "channel": channel,
                "priority": priority,
                "calendar": calendars.get(slug=calendar),
                "first_response": first,
                "next_response": following,
                "resolution": whole,
            },
        )
        if created:
            versions.create(level=row, number=1, at=now, rule=_rule(row))


def _rule(row: Any) -> dict[str, Any]:
    names = (
        "channel category_id customer_kind priority calendar_id first_response "
        "next_response resolution active"
    )
    return {name: getattr(row, name) for name in names.split()}
