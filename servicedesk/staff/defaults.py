"""Teams to begin with; from then on they are the administrator's to change."""

from typing import Any

TEAMS: tuple[tuple[str, str, str, str, str], ...] = (
    ("call-centre", "呼叫中心", "Call centre", "call_centre", "always"),
    ("technical", "技术支持", "Technical support", "technical", "office-cn"),
    ("logistics", "物流与维修", "Logistics and repair", "logistics", "office-cn"),
    ("complaints", "投诉处理", "Complaints", "complaints", "office-cn"),
    ("quality", "培训与质检", "Training and quality", "quality", "office-cn"),
    ("management", "客服管理", "Service management", "management", "office-cn"),
)


def create_default_teams(apps: Any) -> None:
    """Create the teams that are missing, each with its permission group."""
    calendar_model = apps.get_model("core", "BusinessCalendar")
    group_model = apps.get_model("auth", "Group")
    team_model = apps.get_model("staff", "Team")
    for slug, chinese, english, function, calendar in TEAMS:
        if team_model.objects.filter(slug=slug).exists():
            continue
        group, _created = group_model.objects.get_or_create(name=f"team:{slug}")
        team_model.objects.create(
            slug=slug,
            name_zh=chinese,
            name_en=english,
            function=function,
            calendar=calendar_model.objects.get(slug=calendar),
            group=group,
        )
