"""What a desk begins with: its teams, and the first confidentiality agreement."""

import datetime as dt
from pathlib import Path
from typing import Any, Final

TEXTS: Final = Path(__file__).parent / "agreements"

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


def create_first_agreement(apps: Any, *, now: dt.datetime) -> None:
    """Publish version 1 of the agreement, if there is none: everybody is asked to sign."""
    model = apps.get_model("staff", "ConfidentialityAgreement")
    if model.objects.exists():
        return
    texts = {
        f"text_{language}": (TEXTS / f"1.{language}.txt").read_text(encoding="utf-8")
        for language in ("zh", "en")
    }
    model.objects.create(
        number=1, edited_at=now, published_at=now, effective_from=now, **texts
    )
