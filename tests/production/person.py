"""Somebody who speaks HTTPS with the proxy by hand, from an address of the loopback net."""

import html
import http.client
import re
import socket
import ssl
import time
import urllib.parse
import uuid


class Person:
    """Keeps cookies; `address` is the true one, `forged` what they claim to be."""

    def __init__(self, desk, address="127.0.0.1", *, forged=""):
        self.desk, self.address, self.forged = desk, address, forged
        self.cookies = {}
        self.raw_cookies = []

    def connect(self, timeout=30):
        """Return a connection to the proxy under the desk's name."""
        line = socket.create_connection(
            ("127.0.0.1", self.desk.https), timeout, (self.address, 0)
        )
        try:
            secure = self.desk.trust.wrap_socket(line, server_hostname=self.desk.name)
        except OSError:
            line.close()
            raise
        connection = http.client.HTTPSConnection(self.desk.host, timeout=timeout)
        connection.sock = secure
        return connection

    def ask(self, path, data=None, *, body=None, kind=None, **headers):
        """Send one request; return status, headers and text, and keep the cookies."""
        method = "GET" if data is None and body is None else "POST"
        sent = {"Host": self.desk.host, "User-Agent": "test", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        if self.forged:
            sent["X-Forwarded-For"] = self.forged
        if method == "POST":
            sent.setdefault("Origin", self.desk.url)
            sent.setdefault("Referer", self.desk.url + path)
            sent["Content-Type"] = kind or "application/x-www-form-urlencoded"
            body = body if body is not None else urllib.parse.urlencode(data).encode()
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            self.raw_cookies.append(cookie)
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers, text

    def form(self, path):
        """Return the hidden fields of a page's forms, and the page."""
        status, _, text = self.ask(path)
        assert status == 200, text[:500]
        fields = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", text)
        pairs = {}
        for field in fields:
            name = re.search(r'name="([^"]*)"', field)
            value = re.search(r'value="([^"]*)"', field)
            if name:
                pairs[name[1]] = html.unescape(value[1]) if value else ""
        pairs.pop("next", None)  # of the form that changes the language
        return pairs, text

    def sign_in(self, username, password):
        fields, _ = self.form("/accounts/login/")
        return self.ask(
            "/accounts/login/", {**fields, "login": username, "password": password}
        )

    def request(self, subject, *files):
        """Send the public form with files; return the answer and the form that was sent."""
        fields, text = self.form("/help/request/")
        category = re.search(r'<option value="(\d+)"', text)[1]
        time.sleep(2.2)  # the form takes nothing that was filled in faster
        words = {
            **fields,
            "name": "张伟",
            "contact": f"{uuid.uuid4().hex[:8]}@customer.example",
            "category": category,
            "subject": subject,
            "body": f"{subject} …",
        }
        body, kind = multipart(words, files)
        return self.ask("/help/request/", body=body, kind=kind)

    def listen(self, path):
        """Open a page and then its event stream; return what gives one line a call."""
        _, _, text = self.ask(path)
        token = html.unescape(re.search(r'data-live-token="([^"]+)"', text)[1])
        return Stream(self, token)


class Stream:
    """The page's event stream, begun again where it broke off, as browsers do."""

    def __init__(self, person, token):
        self.person, self.token, self.last = person, token, ""
        self.openings = 0
        self.open()

    def open(self):
        self.connection = self.person.connect(timeout=20)
        headers = {
            "Host": self.person.desk.host,
            "Cookie": "; ".join(f"{n}={v}" for n, v in self.person.cookies.items()),
        }
        if self.last:
            headers["Last-Event-ID"] = self.last
        query = urllib.parse.urlencode({"token": self.token})
        self.connection.request("GET", f"/events/?{query}", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status
        self.openings += 1

    def wait_for(self, words, seconds=10):
        """Read until a data line holds the words; return how long it took."""
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            try:
                line = self.answer.readline().decode()
            except (OSError, http.client.HTTPException, ssl.SSLError):
                line = ""
            if not line:
                self.connection.close()
                self.open()
                continue
            if line.startswith("id:"):
                self.last = line[3:].strip()
            if line.startswith("data:") and words in line:
                return time.monotonic() - began
        raise AssertionError(f"No event with {words!r} came")

    def close(self):
        self.connection.close()


def multipart(fields, files):
    """Return a form with files as a browser sends it, and its content type."""
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for number, content in enumerate(files):
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="attachments"; '
            f'filename="{number}.png"\r\nContent-Type: image/png\r\n\r\n'
        )
        parts += [head.encode(), content, b"\r\n"]
    parts.append(f"--{edge}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={edge}"
