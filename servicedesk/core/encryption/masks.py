"""Show as much of a value as tells people apart, and no more."""

import re

from servicedesk.core.encryption.errors import Unreadable

_STARS = "****"
_HEAD, _TAIL = 3, 4
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

Shown = str | Unreadable | None


def mask_phone(value: Shown) -> str:
    """13812345678 → 138****5678; +86 in front is left out; short ones show one digit."""
    if not isinstance(value, str):
        return _other(value)
    digits = re.sub(r"[^\d]", "", value)
    if value.strip().startswith(("+86", "0086")):
        digits = digits.removeprefix("00").removeprefix("86")
    if not digits:
        return _STARS if value else ""
    shown = _HEAD + _TAIL
    if len(digits) <= shown + 1:
        return digits[0] + _STARS + (digits[-1] if len(digits) > _TAIL else "")
    return digits[:_HEAD] + _STARS + digits[-_TAIL:]


def mask_name(value: Shown) -> str:
    """张三 → 张*, 欧阳娜娜 → 欧***, John Smith → J*** S***."""
    if not isinstance(value, str):
        return _other(value)
    words = value.split()
    if words and _HAN.match(words[0]):
        whole = "".join(words)
        return whole[0] + "*" * max(1, min(len(whole) - 1, _HEAD))
    return " ".join(word[0] + "***" for word in words)


def mask_email(value: Shown) -> str:
    """zhang@example.com → z***@example.com."""
    if not isinstance(value, str):
        return _other(value)
    before, at, domain = value.strip().rpartition("@")
    if not at or not before:
        return mask_text(value)
    return f"{before[0]}***@{domain}"


def mask_text(value: Shown) -> str:
    """Anything else → its first character and stars."""
    if not isinstance(value, str):
        return _other(value)
    value = value.strip()
    return value[0] + "***" if len(value) > 1 else "***" if value else ""


def mask_id(value: Shown) -> str:
    """110101199003078888 → 110101********8888 (first 6 and last 4 at most)."""
    if not isinstance(value, str):
        return _other(value)
    value = value.strip()
    hidden = len(value) - 10
    if hidden < _TAIL:
        return mask_text(value)
    return value[:6] + "*" * hidden + value[-4:]


def mask_account(value: Shown) -> str:
    """6222020200001234567 → ****4567; of short or worded accounts one character."""
    if not isinstance(value, str):
        return _other(value)
    plain = re.sub(r"[\s-]", "", value)
    if not plain.isdigit() or len(plain) <= 2 * _TAIL:
        return mask_text(value)
    return _STARS + plain[-_TAIL:]


def mask_any(kind: str, value: Shown) -> str:
    """Mask by kind (phone, email, name, id, account); any other kind shows one character."""
    masks = {
        "phone": mask_phone,
        "email": mask_email,
        "name": mask_name,
        "id": mask_id,
        "id_number": mask_id,
        "account": mask_account,
    }
    return masks.get(str(kind), mask_text)(value)


def _other(value: Unreadable | None) -> str:
    return "" if value is None else str(value)
