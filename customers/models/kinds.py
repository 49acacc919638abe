"""The kinds of ways to reach somebody."""

from django.db import models
from django.utils.translation import pgettext_lazy


class ContactKind(models.TextChoices):
    PHONE = "phone", pgettext_lazy("contact kind", "Phone")
    EMAIL = "email", pgettext_lazy("contact kind", "E-mail")
    WECHAT = "wechat", pgettext_lazy("contact kind", "WeChat")
    OTHER = "other", pgettext_lazy("contact kind", "Other")
