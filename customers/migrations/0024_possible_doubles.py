"""Pairs of records that may be one person, and who wrote a correction down."""

from django.conf import settings
from django.db import migrations, models

from servicedesk.core.ids import uuid7

_PERSON = settings.AUTH_USER_MODEL


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0023_limits_checked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PossibleDouble",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("found_at", models.DateTimeField(verbose_name="found")),
                (
                    "dismissed_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="told apart"
                    ),
                ),
                (
                    "dismissed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=_PERSON,
                    ),
                ),
                (
                    "found_by",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=_PERSON,
                        verbose_name="written by",
                    ),
                ),
                (
                    "one",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "possible duplicate",
                "verbose_name_plural": "possible duplicates",
                "indexes": [
                    models.Index(
                        name="possible_double_open",
                        fields=["-id"],
                        condition=models.Q(dismissed_at__isnull=True),
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        name="possible_double_in_order",
                        condition=models.Q(one__lt=models.F("other")),
                    ),
                    models.UniqueConstraint(
                        name="one_possible_double_a_pair", fields=["one", "other"]
                    ),
                    models.CheckConstraint(
                        name="possible_double_dismissed_by_somebody",
                        condition=models.Q(dismissed_at=None, dismissed_by=None)
                        | models.Q(
                            dismissed_at__isnull=False, dismissed_by__isnull=False
                        ),
                    ),
                ],
            },
        ),
        migrations.AddField(
            "contactpoint", "beside", models.UUIDField(editable=False, null=True)
        ),
        migrations.AddField(
            "purchase", "beside", models.UUIDField(editable=False, null=True)
        ),
        migrations.AddField(
            "correction",
            "written_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to=_PERSON,
            ),
        ),
    ]
