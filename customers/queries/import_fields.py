"""What a column of an imported file can be, and what people call it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import ContactKind, Field


@dataclass(frozen=True)
class Column:
    """A field that a column can fill; `mask` says how its values are shown."""

    key: str
    label: str | Promise
    names: tuple[str, ...]
    longest: int
    mask: Field | None = None
    contact: ContactKind | None = None


COLUMNS: tuple[Column, ...] = (
    Column("name", _("Name"),
           ("name", "full name", "customer", "姓名", "名称", "客户", "客户姓名", "客户名称"),
           120, Field.NAME),
    Column("kind", _("Kind"), ("kind", "type", "类型", "客户类型"), 20),
    Column("phone", _("Phone"),
           ("phone", "mobile", "telephone", "tel", "电话", "手机", "手机号", "联系电话"),
           60, Field.PHONE, ContactKind.PHONE),
    Column("phone2", _("Second phone"), ("phone 2", "phone2", "电话2", "备用电话"),
           60, Field.PHONE, ContactKind.PHONE),
    Column("email", _("E-mail"), ("email", "e-mail", "mail", "邮箱", "电子邮箱", "邮件"),
           254, Field.EMAIL, ContactKind.EMAIL),
    Column("wechat", _("WeChat"), ("wechat", "微信", "微信号"),
           60, Field.WECHAT, ContactKind.WECHAT),
    Column("address", _("Address"), ("address", "地址", "收货地址", "联系地址"),
           300, Field.ADDRESS),
    Column("city", _("City"), ("city", "城市", "所在城市"), 60),
    Column("id_number", _("ID number"), ("id number", "身份证", "身份证号", "证件号码"),
           40, Field.ID_NUMBER),
    Column("notes", _("Notes"), ("notes", "note", "remark", "备注"), 4_000, Field.NOTES),
    Column("language", _("Language"), ("language", "语言"), 10),
    Column("tags", _("Tags"), ("tags", "tag", "标签"), 300),
    Column("order_number", _("Order number"),
           ("order", "order number", "order no", "订单号", "订单编号"), 60),
    Column("product", _("Product"), ("product", "item", "商品", "产品", "商品名称"), 200),
    Column("amount", _("Amount"), ("amount", "price", "total", "金额", "订单金额"), 20),
    Column("currency", _("Currency"), ("currency", "币种"), 3),
    Column("bought_at", _("Bought"),
           ("bought", "date", "order date", "购买时间", "下单时间", "购买日期"), 30),
)  # fmt: skip
BY_KEY = {column.key: column for column in COLUMNS}


def guess(heads: list[str]) -> dict[str, str]:
    """Return the field of each column whose head says so, by the column's place."""
    found: dict[str, str] = {}
    for place, head in enumerate(heads):
        said = head.strip().casefold().replace("_", " ")
        for column in COLUMNS:
            if said in column.names and column.key not in found.values():
                found[str(place)] = column.key
                break
    return found
