"""The header that keeps browsers to TLS, for answers that pass none of Django's middleware.

Pages get it from Django. As there, it is said over TLS only: elsewhere it means nothing.
"""

from collections.abc import Mapping

from django.conf import settings


def strict_transport(*, secure: bool) -> Mapping[str, str]:
    """Return the header, as the settings have it; empty where there is none to send."""
    if not secure or not settings.SECURE_HSTS_SECONDS:
        return {}
    words = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        words.append("includeSubDomains")
    if settings.SECURE_HSTS_PRELOAD:
        words.append("preload")
    return {"Strict-Transport-Security": "; ".join(words)}


def came_by_tls(scheme: str, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a bare ASGI request came by TLS, by the proxy's word if we have one."""
    told = settings.SECURE_PROXY_SSL_HEADER
    if told is None:
        return scheme == "https"
    name, value = told
    key = name.removeprefix("HTTP_").replace("_", "-").lower().encode("latin-1")
    given = headers.get(key, b"").decode("latin-1").partition(",")[0].strip()
    return bool(given == value)
