"""What every page's frame shows: the rail, the person, the palette, the stream."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": {}}
