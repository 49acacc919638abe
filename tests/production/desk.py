"""The production form without Docker: compose's own commands, secrets and settings.

What differs from the compose file is only where things are: ports of 127.0.0.1 in
place of addresses of networks, a scratch folder in place of volumes.
"""

import contextlib
import datetime as dt
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from http import HTTPStatus
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from servicedesk.embedded.browser import NO_PROXY
from servicedesk.embedded.ports import free_port
from tests.browser.stack import ROOT, Stack, own_broker
from tests.production.compose import read, render_proxy
from tests.production.person import Person
from tests.production.roles import make_roles, own_server

NAME = "desk.localhost"
TAIL = 25


class Production(Stack):
    """Proxy, two web processes, workers and beats over HTTPS, for a `with` block."""

    def __init__(self):
        super().__init__(speed=1)
        self.name = NAME
        self.https, self.http = free_port(), free_port()
        self.web = {"web-1": free_port(), "web-2": free_port()}
        self.host = f"{NAME}:{self.https}"
        self.url = f"https://{self.host}"
        self.services = read()["services"]

    def _start(self):
        assert shutil.which("nginx"), NO_PROXY
        folder = tempfile.TemporaryDirectory(
            prefix="desk-production-", ignore_cleanup_errors=True
        )
        self.folder = Path(self._stack.enter_context(folder))
        self.server = self._stack.enter_context(own_server())
        self.broker = self._stack.enter_context(own_broker())
        self._stack.enter_context(self.mail)
        self._make_secrets()
        make_roles(self.server, self.secrets)
        # Tests themselves look and arrange as the owner.
        self.database = (self.secrets / "database_owner_url").read_text().strip()
        self.environment = self._settings("web-1")
        self._build_as_the_image_does()
        self._stack.callback(self.stop)
        self.start("migrate")
        self._wait_for_end("migrate")
        self.manage("load_demo", "--force")
        self.password = (self.folder / "data/demo-password").read_text().strip()
        for name in ("web-1", "web-2", "worker-1", "worker-2", "worker-jobs"):
            self.start(name)
        self.start("beat")
        self.start("beat", "beat-2")
        for name in self.web:
            self.wait_healthy(name)
        self._start_proxy()

    # --- what make_secrets.py, the image and compose give ---

    def _make_secrets(self):
        self.secrets = self.folder / "secrets"
        subprocess.run(
            [
                *(sys.executable, "deploy/make_secrets.py", self.secrets),
                *("--keep-owner", "--database", f"127.0.0.1:{self.server.port}"),
            ],
            cwd=ROOT,
            env=os.environ
            | {"SMTP_URL": f"smtp://127.0.0.1:{self.mail.port}?tls=none"},
            stdin=subprocess.DEVNULL,
            check=True,
            capture_output=True,
        )
        # The broker is that of the tests: it has a password of its own.
        file = self.secrets / "redis_url"
        file.chmod(0o600)
        file.write_text(self.broker)
        make_certificate(self.secrets / "tls")

    def _settings(self, service):
        """Return what the image and compose set, and nothing of our own environment."""
        given = dict(self.services[service]["environment"])
        for name, value in given.items():
            given[name] = value.replace("/run/secrets", str(self.secrets)).replace(
                "/run/keys", str(self.secrets / "keys")
            )
        return given | {
            "BASE_URL": self.url,
            "ALLOWED_HOSTS": NAME,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "servicedesk.settings.production",
            "DATA_DIR": str(self.folder / "data"),
            "BACKUP_DIR": str(self.folder / "backups"),
            "STATIC_ROOT": str(self.folder / "collected"),
        }

    def _build_as_the_image_does(self):
        (self.folder / "data").mkdir(mode=0o700)
        for words in (
            ("compile_translations",),
            ("collectstatic", "--noinput", "--verbosity", "0"),
        ):
            subprocess.run(
                [sys.executable, "manage.py", *words],
                cwd=ROOT,
                env=self.environment
                | {"DJANGO_SETTINGS_MODULE": "servicedesk.settings.check"},
                check=True,
                capture_output=True,
            )

    # --- processes ---

    def start(self, service, name=""):
        """Start a service by the command that compose gives it."""
        name = name or service
        command = [self._here(word, name) for word in self.services[service]["command"]]
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self._settings(service),
                start_new_session=True,
            )

    def _here(self, word, name):
        return {
            "0.0.0.0": "127.0.0.1",
            "8000": str(self.web.get(name)),
            "/tmp/beat-schedule": str(self.folder / f"{name}-schedule"),
        }.get(word, word.replace("%h", name))

    def wait_healthy(self, name, seconds=60):
        """Ask with compose's own health check until it is content."""
        program, script, address = self.services[name]["healthcheck"]["test"][1:]
        address = address.replace("8000", str(self.web[name]))
        deadline = time.monotonic() + seconds
        while True:
            done = subprocess.run(
                [program, script, address],
                cwd=ROOT,
                env=self.environment,
                capture_output=True,
                check=False,
            )
            if done.returncode == 0:
                return
            dead = self.processes[name].poll() is not None
            assert not dead, self.told()
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.2)

    def wait_served(self, seconds=30):
        """Ask through the proxy, which tries a process again only after a while."""
        person, deadline = Person(self, "127.0.9.9"), time.monotonic() + seconds
        while (status := person.ask("/help/")[0]) != HTTPStatus.OK:
            assert time.monotonic() < deadline, f"{status}\n{self.told()}"
            time.sleep(0.2)

    def _wait_for_end(self, name):
        assert self.processes.pop(name).wait(120) == 0, self.told()

    def _start_proxy(self):
        run = self.folder / "run"
        run.mkdir()
        variables = {
            "PROXY_HOST": self.host,
            "PROXY_SERVER_NAME": NAME,
            "PROXY_HTTP_LISTEN": f"127.0.0.1:{self.http}",
            "PROXY_HTTPS_LISTEN": f"127.0.0.1:{self.https}",
            "PROXY_CERTIFICATE": str(self.secrets / "tls/fullchain.pem"),
            "PROXY_CERTIFICATE_KEY": str(self.secrets / "tls/privkey.pem"),
            "PROXY_PAGES": str(ROOT / "deploy/proxy/pages"),
            "PROXY_RUN": str(run),
            "PROXY_WEB_1": f"127.0.0.1:{self.web['web-1']}",
            "PROXY_WEB_2": f"127.0.0.1:{self.web['web-2']}",
        }
        file = run / "nginx.conf"
        file.write_text(render_proxy(variables))
        # As root nginx would change its user to one who cannot enter the clone.
        also = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
        self.trust_certificate()
        with self.log("proxy").open("ab") as log:
            self.processes["proxy"] = subprocess.Popen(
                ["nginx", "-c", str(file), "-p", str(run), "-g", also],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.https), 1).close()
                return
            time.sleep(0.1)
        raise AssertionError(self.told())

    def trust_certificate(self):
        """Have people trust the certificate that is there now, and no other."""
        file = str(self.secrets / "tls/fullchain.pem")
        self.trust = ssl.create_default_context(cafile=file)

    def end(self, name, how=signal.SIGTERM):
        """Tell a process to stop in good order and wait; return its exit code."""
        process = self.processes.pop(name)
        process.send_signal(how)
        return process.wait(30)


def make_certificate(folder):
    """Write a certificate for the test's name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
    )
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
