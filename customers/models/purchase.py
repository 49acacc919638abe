"""What a customer bought (购买记录), and how it was paid, which is nobody's to see."""

from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from servicedesk.core.encryption.fields import SealedTextField
from servicedesk.core.ids import uuid7

currency_code = RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, as CNY."))


class PurchaseStatus(models.TextChoices):
    ORDERED = "ordered", pgettext_lazy("purchase status", "Ordered")
    PAID = "paid", pgettext_lazy("purchase status", "Paid")
    SHIPPED = "shipped", pgettext_lazy("purchase status", "Shipped")
    DELIVERED = "delivered", pgettext_lazy("purchase status", "Delivered")
    RETURNED = "returned", pgettext_lazy("purchase status", "Returned")
    CANCELLED = "cancelled", pgettext_lazy("purchase status", "Cancelled")


class Purchase(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="purchases",
    )
    order_number = models.CharField(_("order number"), max_length=60)
    product = models.CharField(_("product"), max_length=200)
    amount = models.DecimalField(
        _("amount"),
        max_digits=14,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="CNY", validators=[currency_code]
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=PurchaseStatus.choices,
        default=PurchaseStatus.ORDERED,
    )
    bought_at = models.DateTimeField(_("bought"))
    created_at = models.DateTimeField(_("recorded"))
    # As of a contact point: the record for which the order was written down again.
    beside = models.UUIDField(null=True, editable=False)

    # What somebody bought is theirs: that it changed is logged, not what it is.
    audit_mask = ("order_number", "product")

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        constraints = [
            models.CheckConstraint(
                name="purchase_status_known",
                condition=Q(status__in=PurchaseStatus.values),
            ),
            models.CheckConstraint(
                name="purchase_amount_not_negative", condition=Q(amount__gte=0)
            ),
            models.UniqueConstraint(
                name="one_purchase_per_order_product_beside",
                fields=["order_number", "product", "beside"],
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                name="purchase_customer_newest", fields=["customer", "-bought_at"]
            ),
        ]

    def __str__(self) -> str:
        # The audit log keeps this for ever, and an erasure takes the order number away.
        return str(self.pk)


class PaymentMethod(models.TextChoices):
    CARD = "card", pgettext_lazy("payment method", "Bank card")
    ALIPAY = "alipay", pgettext_lazy("payment method", "Alipay")
    WECHAT = "wechat", pgettext_lazy("payment method", "WeChat Pay")
    TRANSFER = "transfer", pgettext_lazy("payment method", "Bank transfer")
    OTHER = "other", pgettext_lazy("payment method", "Other")


class PaymentRecord(models.Model):
    """Seen by grant only, whatever the role: `see_payment` on the customer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="payments",
    )
    purchase = models.ForeignKey(
        Purchase,
        verbose_name=_("purchase"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
    )
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod.choices)
    account = SealedTextField(
        _("account"), label="customers.paymentrecord.account", max_length=60
    )
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(
        _("currency"), max_length=3, default="CNY", validators=[currency_code]
    )
    paid_at = models.DateTimeField(_("paid"))
    created_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("payment record")
        verbose_name_plural = _("payment records")
        constraints = [
            models.CheckConstraint(
                name="payment_method_known",
                condition=Q(method__in=PaymentMethod.values),
            ),
        ]
        indexes = [
            models.Index(
                name="payment_customer_newest", fields=["customer", "-paid_at"]
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
