"""The desk speaks to servers that its settings name, and to no others."""

import smtplib
import socket
import urllib.error
import urllib.request

import boto3
import pytest
import redis
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from servicedesk.core.outgoing import NotNamedError, is_named

ELSEWHERE = "elsewhere.example.com"
NONE = {
    "OUTGOING_HOSTS": [],
    "UPLOAD_SCANNER": "",
    "SENTRY_DSN": "",
    "VULNERABILITY_LIST": "off",
    "DRILL_DATABASE_URL": "",
    "BACKUP_S3_BUCKET": "",
    "BACKUP_S3_ENDPOINT": "",
}


@pytest.fixture(autouse=True)
def _nothing_is_named(settings):
    for name, value in NONE.items():
        setattr(settings, name, value)


def test_no_library_gets_as_far_as_looking_a_stranger_up(caplog):
    with pytest.raises(NotNamedError, match=ELSEWHERE):
        socket.create_connection((ELSEWHERE, 25), timeout=1)
    with pytest.raises(NotNamedError):
        smtplib.SMTP(ELSEWHERE, timeout=1)
    with pytest.raises(urllib.error.URLError, match="named by no setting"):
        urllib.request.urlopen(f"http://{ELSEWHERE}/", timeout=1)
    with pytest.raises(redis.ConnectionError):
        redis.Redis(ELSEWHERE, socket_connect_timeout=1, retry=None).ping()
    with pytest.raises(EndpointConnectionError):
        boto3.client(
            "s3", endpoint_url=f"https://{ELSEWHERE}", region_name="x",
            aws_access_key_id="x", aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}),
        ).list_buckets()  # fmt: skip
    assert caplog.text.count(f"Not connected to {ELSEWHERE}") >= 5


def test_addresses_are_looked_at_like_names():
    with pytest.raises(NotNamedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NotNamedError):
        socket.create_connection(("169.254.169.254", 80), timeout=1)


def test_this_machine_is_always_spoken_to():
    with socket.create_server(("127.0.0.1", 0)) as here:
        socket.create_connection(here.getsockname(), timeout=5).close()
        place = ("localhost", here.getsockname()[1])
        socket.create_connection(place, timeout=5).close()
    assert is_named(socket.gethostname())
    assert is_named("::1")
    assert is_named("0.0.0.0")


@pytest.mark.parametrize(
    ("setting", "value", "host"),
    [
        ("EMAIL_HOST", "mail.example.com", "mail.example.com"),
        ("EMAIL_HOST", "Mail.example.com.", "mail.example.com"),
        ("REDIS_URL", "rediss://:x@cache.example.com:6380/0", "cache.example.com"),
        ("UPLOAD_SCANNER", "clamd://scanner:3310", "scanner"),
        ("SENTRY_DSN", "https://key@errors.example.com/1", "errors.example.com"),
        ("VULNERABILITY_LIST", "pypi", "pypi.org"),
        ("VULNERABILITY_LIST", "https://osv.example.com/v1", "osv.example.com"),
        ("DRILL_DATABASE_URL", "postgres://a@drill:5432/x", "drill"),
        ("OUTGOING_HOSTS", ["proxy.example.com"], "PROXY.example.com."),
        ("OUTGOING_HOSTS", [".example.com"], "any.where.example.com"),
        ("OUTGOING_HOSTS", ["*"], "any.where"),
    ],
)
def test_whatever_a_setting_names_is_spoken_to(settings, setting, value, host):
    assert not is_named(host)
    setattr(settings, setting, value)
    assert is_named(host)
    if value != ["*"]:
        assert not is_named(f"x{host}.evil.example")


def test_the_store_of_backups_is_named_by_its_address_or_is_amazons(settings):
    settings.BACKUP_S3_BUCKET = "desk"
    assert is_named("desk.s3.eu-central-1.amazonaws.com")
    assert not is_named("amazonaws.com.evil.example")
    settings.BACKUP_S3_ENDPOINT = "https://store.example.com:9000"
    assert is_named("store.example.com")
    assert is_named("desk.store.example.com")
    assert not is_named("s3.amazonaws.com")
