"""Tells, with each answer, what the request cost inside the process."""

import json
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

ASK = "X-Bench"
TOLD = "X-Bench-Cost"
NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Meter:
    """Counts the queries of one request and the time that the database took."""

    def __init__(self) -> None:
        self.queries = 0
        self.seconds = 0.0
        self.told: list[str] = []

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: Any,
        context: Any,
    ) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began
            if not sql.lstrip().upper().startswith(NOT_COUNTED):
                self.queries += 1
                self.told.append(sql)


class MeterMiddleware:
    """Outermost: what it sees is the whole of Django, without server and network.

    It measures only where the request asks for it by a header; `X-Bench: sql` writes
    the statements to the answer in place of the page, to look at them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.headers.get(ASK)
        if not asked:
            return self.get_response(request)
        meter = Meter()
        wall, cpu = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(meter):
            response = self.get_response(request)
        cost = {
            "inside": round((time.perf_counter() - wall) * 1000, 3),
            "cpu": round((time.thread_time() - cpu) * 1000, 3),
            "database": round(meter.seconds * 1000, 3),
            "queries": meter.queries,
        }
        response[TOLD] = json.dumps(cost)
        if asked == "sql":
            response.content = "\n\n".join(meter.told).encode()
        return response
