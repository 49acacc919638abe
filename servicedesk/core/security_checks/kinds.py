"""The checks of the foundation itself: packages, settings, keys, database, headers."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from servicedesk.core.security_checks import (
    configuration,
    database,
    dependencies,
    headers,
    key_files,
)
from servicedesk.core.security_checks.registry import (
    SecurityCheck,
    register_security_check,
)

_MENDS: Final = "core.change_securityfinding"
_CHECKS: Final = (
    SecurityCheck(
        "core.dependencies",
        title=_("Known vulnerabilities of packages"),
        look=dependencies.look,
        said=dependencies.SAID,
        permission=_MENDS,
    ),
    SecurityCheck(
        "core.deployment",
        title=_("Django’s check for a deployment"),
        look=configuration.look_at_deployment,
        said=configuration.DEPLOY_SAID,
        permission=_MENDS,
    ),
    SecurityCheck(
        "core.settings",
        title=_("Settings"),
        look=configuration.look_at_settings,
        said=configuration.SAID,
        permission=_MENDS,
    ),
    SecurityCheck(
        "core.keys",
        title=_("Keys and their files"),
        look=key_files.look,
        said=key_files.SAID,
        permission="core.view_keyrun",
        mend="keys:page",
    ),
    SecurityCheck(
        "core.database",
        title=_("Rights in the database"),
        look=database.look,
        said=database.SAID,
        permission=_MENDS,
    ),
    SecurityCheck(
        "core.headers",
        title=_("Headers of public pages"),
        look=headers.look,
        said=headers.SAID,
        permission=_MENDS,
    ),
)


def register() -> None:
    """Register them; from `ready()`."""
    for check in _CHECKS:
        register_security_check(check)
