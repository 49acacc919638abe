"""Rows about rights and retention that every desk begins with."""

from typing import Any

_SOURCE = (
    "《个人信息保护法》第四十五至五十条要求“及时”，未规定天数；目标与上限为本公司规定。"
    " The PIPL (articles 45 to 50) says “in time” and names no days; aim and limit are"
    " the company’s own."
)


def create_rights_settings(apps: Any) -> None:
    """Make the one row of times, on the office's calendar; for a migration."""
    settings_model = apps.get_model("customers", "RightsSettings")
    calendar_model = apps.get_model("core", "BusinessCalendar")
    calendar = calendar_model.objects.filter(slug="office-cn").first()
    settings_model.objects.get_or_create(
        pk=1, defaults={"calendar": calendar, "source": _SOURCE}
    )


_PIPL_19 = "《个人信息保护法》第十九条：最短必要期限。 PIPL, article 19: no longer than needed."
_RULES = {
    "tickets.words": (3 * 365, f"《民法典》第一百八十八条诉讼时效三年。 {_PIPL_19}"),
    "customers.idle": (5 * 365, _PIPL_19),
    "customers.reveals": (3 * 365, f"第五十六条：记录保存三年。 {_PIPL_19}"),
    "customers.packages": (90, _PIPL_19),
    "customers.consents": (3 * 365, f"第六十九条：举证责任。 {_PIPL_19}"),
    "customers.purchases": (
        3 * 365 + 1,
        "《电子商务法》第三十一条：至少三年。 E-Commerce Law, article 31: three years.",
    ),
}


def create_retention_rules(apps: Any) -> None:
    """Make the rules that a desk begins with, none of them in force yet."""
    rule_model = apps.get_model("customers", "RetentionRule")
    for key, (days, basis) in _RULES.items():
        rule_model.objects.get_or_create(
            key=key, defaults={"days": days, "basis": basis}
        )
