"""The compose file as Docker reads it, without Docker: anchors, merges and variables."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
VALUES = {"HOST": "desk.example.com", "MAIL_FROM": "Service <service@example.com>"}


def fill(text, values):
    """Replace ${NAME}, ${NAME:-otherwise} and ${NAME:?reason}; $$ is a dollar sign."""

    def value(match):
        if match[0] == "$$":
            return "$"
        name, how, more = match[1], match[2], match[3]
        if values.get(name):
            return values[name]
        assert how != ":?", f"{name}: {more}"
        return more if how == ":-" else ""

    return re.sub(r"\$\$|\$\{(\w+)(?:(:[-?])([^}]*))?\}", value, text)


def read(values=VALUES):
    """Return the file's content with variables filled in, value by value."""

    def walk(node):
        if isinstance(node, dict):
            return {name: walk(each) for name, each in node.items()}
        if isinstance(node, list):
            return [walk(each) for each in node]
        return fill(node, values) if isinstance(node, str) else node

    return walk(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def render_proxy(variables):
    """Return nginx.conf as the image's envsubst makes it: variables PROXY_* only."""
    template = (ROOT / "deploy/proxy/nginx.conf.template").read_text(encoding="utf-8")
    return re.sub(r"\$\{(PROXY_\w+)\}", lambda match: variables[match[1]], template)
