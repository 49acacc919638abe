import pytest
from django.utils import translation

from servicedesk.core.encryption.errors import Reason, Unreadable
from servicedesk.core.encryption.masks import mask_any
from servicedesk.core.encryption.sealed import Sealed


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("phone", "13812345678", "138****5678"),
        ("phone", "+86 138-1234-5678", "138****5678"),
        ("phone", "+442079460018", "442****0018"),
        ("phone", "10086", "1****6"),
        ("phone", "12", "1****"),
        ("phone", "", ""),
        ("name", "张三", "张*"),
        ("name", "欧阳娜娜", "欧***"),
        ("name", "John Smith", "J*** S***"),
        ("name", "张", "张*"),
        ("name", "", ""),
        ("email", "zhang@example.com", "z***@example.com"),
        ("email", "broken", "b***"),
        ("id", "110101199003078888", "110101********8888"),
        ("id", "12345", "1***"),
        ("account", "6222 0202 0000 1234 567", "****4567"),
        ("account", "12345678", "1***"),
        ("account", "zhang@pay.example", "z***"),
        ("account", None, ""),
        ("wechat", "zhangsan88", "z***"),
        ("other", "x", "***"),
        ("other", None, ""),
    ],
)
def test_masks(kind, value, shown):
    assert mask_any(kind, value) == shown


def test_what_cannot_be_read_says_so():
    value = Unreadable(Sealed(b"", "a", "1"), Reason.ALTERED)
    with translation.override("en"):
        for kind in ("phone", "name", "email", "id", "other"):
            assert mask_any(kind, value) == "Cannot be read: the value was altered"
