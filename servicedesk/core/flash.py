"""Messages to the next page in a cookie that belongs to this host alone."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookie(CookieStorage):
    """Django's own; the name is a setting, because production's begins with __Host-."""

    cookie_name = settings.MESSAGE_COOKIE_NAME


class Messages(FallbackStorage):
    """In the cookie while it is short, else in the session."""

    storage_classes = (HostCookie, SessionStorage)
