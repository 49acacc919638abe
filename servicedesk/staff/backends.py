"""Log in as allauth does; know a person's permissions by the one query for everything."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Q
from django.db.models.functions import Now
from guardian.backends import ObjectPermissionBackend
from guardian.utils import get_user_obj_perms_model

from servicedesk.staff.clearance import guards
from servicedesk.staff.models import User
from servicedesk.staff.queries import missing, permissions_of, reader


class RoleBackend(AuthenticationBackend):  # type: ignore[misc]  # untyped library
    """Django asks for the permissions of groups and person apart, and once more."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell what roles allow; raise PermissionDenied where clearance is missing.

        That ends the question: neither being a superuser nor a permission on the one
        object, of which the next backend would tell, gets around clearance.
        """
        if not user_obj.is_active or user_obj.is_anonymous:
            return False
        if guards(perm) and missing(user_obj):
            raise PermissionDenied
        if user_obj.is_superuser:
            return True
        return obj is None and perm in permissions_of(user_obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> Any:
        """Return the permissions of an active person; those of one object are guardian's."""
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous:
            return frozenset()
        if not user_obj.is_superuser:
            return permissions_of(user_obj)
        found = super().get_all_permissions(user_obj)
        if missing(user_obj):
            return frozenset(each for each in found if not guards(each))
        return found

    def get_user(self, user_id: Any) -> User | None:
        """Return the person of a session, with roles and teams, in one query."""
        user = reader(user_id)
        return user if user and self.user_can_authenticate(user) else None


class ObjectBackend(ObjectPermissionBackend):
    """Guardian's permissions on one object; a row that has an end opens nothing after it."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether the person, or a team of theirs, has it for the object now."""
        if not super().has_perm(user_obj, perm, obj):
            return False
        codename = perm.rpartition(".")[2]
        return codename not in _over(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> Any:
        """Return those that the person has for the object now."""
        found = set(super().get_all_permissions(user_obj, obj))
        return found - _over(user_obj, obj) if found else found


def _over(user: Any, obj: Any) -> frozenset[str]:
    """Return what the person alone was given for the object, and for which it is too late.

    What a team of theirs has as well is taken away with it: that errs on the safe side.
    """
    rows: Any = get_user_obj_perms_model(obj)
    try:
        rows._meta.get_field("until")  # Django documents it
    except FieldDoesNotExist:
        return frozenset()
    late = rows.objects.filter(Q(until__lte=Now()), user=user, content_object=obj)
    return frozenset(late.values_list("permission__codename", flat=True))
