"""Who is told of backups."""

from django.db.models import Q

from servicedesk.staff.models import User


def holders(permission: str) -> list[int]:
    """Return the ids of the active people who hold a permission of this app."""
    label, codename = permission.split(".")
    by_role = {
        "groups__permissions__codename": codename,
        "groups__permissions__content_type__app_label": label,
    }
    by_name = {
        "user_permissions__codename": codename,
        "user_permissions__content_type__app_label": label,
    }
    held = User.objects.filter(Q(**by_role) | Q(**by_name), is_active=True)
    return list(held.distinct().order_by("pk").values_list("pk", flat=True))
