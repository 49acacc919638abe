"""Things with a name in each of the two languages."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def in_readers_language(chinese: str, english: str) -> str:
    """Choose the name in the reader's language; the other one where that is empty."""
    reads_chinese = (get_language() or "zh").startswith("zh")
    first, second = (chinese, english) if reads_chinese else (english, chinese)
    return first or second


class Named(models.Model):
    """A row that administrators name in Chinese and in English."""

    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return in_readers_language(self.name_zh, self.name_en)
