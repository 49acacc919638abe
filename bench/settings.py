"""The desk's own settings, with the floor page beside the product's pages."""

from pathlib import Path

from servicedesk.settings.desk import *  # noqa: F403
from servicedesk.settings.desk import MIDDLEWARE, TEMPLATES

ROOT_URLCONF = "bench.urls"
MIDDLEWARE = ["bench.meter.MeterMiddleware", *MIDDLEWARE]
TEMPLATES = [
    {**engine, "DIRS": [*engine["DIRS"], Path(__file__).parent / "templates"]}
    for engine in TEMPLATES
]
