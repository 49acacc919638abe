"""Who the customers are: by city, kind, purchases and time, small groups hidden."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.permissions import ANALYSE
from customers.queries.profile import Fifths, Table, fifths_of, newest, tables_of
from customers.views.one import staff
from servicedesk.core.access import require
from servicedesk.core.charts import Bar, bars


@login_required
@require_GET
def analysis_page(request: HttpRequest) -> HttpResponse:
    """Show the figures that were counted last."""
    require(staff(request), ANALYSE)
    made = newest()
    tables = tables_of(made.facts) if made else []
    fifths = fifths_of(made.facts) if made else []
    context = {
        "made": made,
        "tables": [{"table": each, "chart": _chart(each)} for each in tables],
        "fifths": [{"fifths": each, "chart": _means(each)} for each in fifths],
        "total": tables[0].total if tables else None,
    }
    return render(request, "customers/analysis.html", context)


def _chart(table: Table) -> str:
    rows = [
        Bar(
            row.label,
            row.people,
            _("hidden") if row.people is None else str(row.people),
        )
        for row in table.rows
    ]
    description = _("Customers in each group; the table holds the numbers.")
    return bars(key=table.key, title=table.title, description=description, rows=rows)


def _means(fifths: Fifths) -> str:
    rows = [
        Bar(row.label, _number(row.mean), row.mean or _("hidden"))
        for row in fifths.rows
    ]
    return bars(
        key=fifths.key,
        title=fifths.title,
        description=_("Average of each fifth: %(unit)s.") % {"unit": fifths.unit},
        rows=rows,
    )


def _number(text: str) -> float | None:
    plain = text.replace(",", "").replace(" ", "").replace("\u00a0", "")
    return float(plain) if plain else None
