"""The roles as declared in code, and how a migration gives them permissions.

Each app declares what the roles may do with it, in a migration of its own, and
calls `grant`. From then on the sets are the administrator's to change.
"""

from collections.abc import Mapping, Sequence
from typing import Any

ROLES: dict[str, tuple[str, str]] = {
    "agent": ("客服专员", "Agent"),
    "senior_agent": ("高级客服", "Senior agent"),
    "supervisor": ("客服主管", "Supervisor"),
    "complaint_officer": ("投诉专员", "Complaint officer"),
    "quality_analyst": ("质检员", "Quality analyst"),
    "trainer": ("培训师", "Trainer"),
    "knowledge_editor": ("知识编辑", "Knowledge editor"),
    "data_protection_officer": ("数据保护专员", "Data protection officer"),
    "management": ("管理层", "Management"),
    "administrator": ("系统管理员", "Administrator"),
}

# What the foundation lets roles do. Administrators manage people, roles and settings;
# nothing here, and nothing they are given elsewhere, opens customers' data.
STAFF_PERMISSIONS: dict[str, list[str]] = {
    "administrator": [
        "staff.view_user",
        "staff.add_user",
        "staff.change_user",
        "staff.view_team",
        "staff.add_team",
        "staff.change_team",
        "staff.view_membership",
        "staff.add_membership",
        "staff.change_membership",
        "staff.delete_membership",
        "staff.view_presence",
        "staff.add_presence",
        "staff.change_presence",
        "staff.view_role",
        "staff.change_role",
        "auth.view_group",
        "auth.add_group",
        "auth.change_group",
        "core.view_businesscalendar",
        "core.add_businesscalendar",
        "core.change_businesscalendar",
        "core.view_calendarday",
        "core.add_calendarday",
        "core.change_calendarday",
        "core.delete_calendarday",
        "core.view_calendarversion",
    ],
}

# Long work of everybody: to look at, to cancel, to try again.
JOB_PERMISSIONS = {"administrator": ["core.view_job", "core.change_job"]}

# How the keys of sealed fields stand, and the long work about them.
KEY_PERMISSIONS: dict[str, list[str]] = {
    "administrator": ["core.view_keyrun", "core.add_keyrun"],
}

# How the system is, and closing it for maintenance.
OPERATION_PERMISSIONS: dict[str, list[str]] = {
    "administrator": [
        "core.view_heartbeat",
        "core.view_maintenance",
        "core.change_maintenance",
    ],
}

# What the security checks found: who sees it, has them run, takes a finding upon them.
SECURITY_PERMISSIONS: dict[str, list[str]] = {
    role: [
        "core.view_securityfinding",
        "core.change_securityfinding",
        "core.add_securitycheckrun",
    ]
    for role in ("administrator", "data_protection_officer")
} | {"management": ["core.view_securityfinding"]}

# Who sees and records clearance, who keeps the agreement, who hands over work.
CLEARANCE_PERMISSIONS: dict[str, list[str]] = {
    "supervisor": [
        "staff.view_clearance",
        "staff.record_clearance",
        "staff.add_departure",
    ],
    "trainer": ["staff.view_clearance", "staff.record_clearance"],
    "data_protection_officer": [
        "staff.view_clearance",
        "staff.change_confidentialityagreement",
    ],
    "administrator": ["staff.view_clearance", "staff.add_departure"],
}


# Supervisors see the clearance of their own teams' people; these of everybody's.
EVERY_CLEARANCE_PERMISSIONS: dict[str, list[str]] = {
    "trainer": ["staff.view_every_clearance"],
    "data_protection_officer": ["staff.view_every_clearance"],
    "administrator": ["staff.view_every_clearance"],
}

# Who confirms what opens customers' data to somebody: never alone, see decision 0039.
ACCESS_PERMISSIONS: dict[str, list[str]] = {
    role: ["staff.confirm_access"]
    for role in ("administrator", "data_protection_officer")
}


def group_name(key: str) -> str:
    """Return the group's name: both languages, as Django admin knows only one."""
    chinese, english = ROLES[key]
    return f"{chinese} {english}"


def create_roles(apps: Any) -> None:
    """Create the role groups that are missing; for a migration."""
    group_model = apps.get_model("auth", "Group")
    role_model = apps.get_model("staff", "Role")
    for key, (chinese, english) in ROLES.items():
        group, _created = group_model.objects.get_or_create(name=group_name(key))
        role_model.objects.get_or_create(
            key=key,
            defaults={"group": group, "name_zh": chinese, "name_en": english},
        )


def grant(apps: Any, permissions: Mapping[str, Sequence[str]]) -> None:
    """Give roles permissions such as `tickets.reply_ticket`; for a migration.

    Permissions are normally made after all migrations; those named here are
    made now, so that roles are complete the moment migrating ends.
    """
    permission_model = apps.get_model("auth", "Permission")
    type_model = apps.get_model("contenttypes", "ContentType")
    role_model = apps.get_model("staff", "Role")
    for key, names in permissions.items():
        group = role_model.objects.get(key=key).group
        for name in names:
            app_label, codename = name.split(".")
            model_name = _model_of(apps, app_label, codename)
            content_type, _created = type_model.objects.get_or_create(
                app_label=app_label, model=model_name
            )
            permission, _created = permission_model.objects.get_or_create(
                content_type=content_type,
                codename=codename,
                defaults={"name": codename.replace("_", " ").capitalize()},
            )
            group.permissions.add(permission)


def _model_of(apps: Any, app_label: str, codename: str) -> str:
    for model in apps.get_app_config(app_label).get_models():
        own = {code for code, _name in model._meta.permissions}
        named = {
            f"{verb}_{model._meta.model_name}"
            for verb in model._meta.default_permissions
        }
        if codename in own | named:
            return str(model._meta.model_name)
    raise LookupError(f"No model of {app_label} has the permission {codename}.")
