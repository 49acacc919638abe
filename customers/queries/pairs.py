"""Keyed pairs of characters of a name, to find it by a part; only where switched on."""

from customers.models import SearchSetting
from customers.models.search_setting import THE_ONE
from servicedesk.core.encryption.keys import keyring
from servicedesk.core.encryption.normalise import normalise

LABEL = "customers.customer.name.pairs"
BITS = 14
_SHORTEST = 2
# Two characters that are one surname: as good as a surname alone.
SURNAMES = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "闾丘",
        "子车",
        "亓官",
        "司寇",
        "巫马",
        "公西",
        "颛孙",
        "壤驷",
        "公良",
        "漆雕",
        "乐正",
        "宰父",
        "谷梁",
        "拓跋",
        "夹谷",
        "轩辕",
        "令狐",
        "段干",
        "百里",
        "呼延",
        "东郭",
        "南门",
        "羊舌",
        "微生",
        "公户",
        "公玉",
        "公仪",
        "梁丘",
        "公仲",
        "公上",
        "公门",
        "公山",
        "公坚",
        "左丘",
        "公伯",
        "西门",
        "公祖",
        "第五",
        "公乘",
        "贯丘",
        "公皙",
        "南荣",
        "东里",
        "东宫",
        "仲长",
        "子书",
        "子桑",
        "即墨",
        "达奚",
        "褚师",
    ]
)


def wanted() -> bool:
    """Tell whether an administrator has switched this on."""
    return SearchSetting.objects.filter(pk=THE_ONE, name_pairs=True).exists()


def can_ask(text: str) -> bool:
    """Tell whether the text is more than a surname alone, which is never looked for."""
    plain = normalise("name", text)
    return len(plain) >= _SHORTEST and plain not in SURNAMES


def pairs_of(text: str, version: int) -> list[int]:
    """Return the numbers of the pairs of a name under one index key, each once."""
    plain = normalise("name", text)
    ring = keyring()
    found = {
        int.from_bytes(ring.mac(version, LABEL, plain[at : at + 2].encode())[:2], "big")
        >> (16 - BITS)
        for at in range(len(plain) - 1)
    }
    return sorted(found)


def versions() -> list[int]:
    """Return the live index keys, first the one that is written."""
    return keyring().index_versions
