"""A mail server for tests: real SMTP on a free port, with answers as one likes."""

import contextlib
import email
import email.policy
import socket
import threading

from aiosmtpd.controller import Controller


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def use_smtp(settings, port):
    """Let letters go to the server on this port of this machine."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_TIMEOUT = 5
    settings.MAIL_FROM = "客服中心 <service@desk.example>"


class Post:
    """Keeps what it is sent; `to` and `data` are what it answers, None for yes."""

    def __init__(self):
        self.letters = []
        self.to = None
        self.data = None

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if self.to:
            return self.to
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data:
            return self.data
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        letter.sent_to = envelope.rcpt_tos
        self.letters.append(letter)
        return "250 OK"


@contextlib.contextmanager
def post_office():
    """Run a mail server; yields what it keeps and its port."""
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield post, controller.port
    finally:
        controller.stop()


@contextlib.contextmanager
def rude_server(*, hang_up_at):
    """Run a server that hangs up without a word: at "greeting", "MAIL", "body", "QUIT".

    At "body" it has read the whole letter, and nobody learns whether it kept it.
    Yields the list of what it read, and its port.
    """
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve():
            with contextlib.suppress(OSError), listener.accept()[0] as line:
                line.settimeout(10)
                _talk(line, hang_up_at, heard)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield heard, listener.getsockname()[1]
        finally:
            thread.join(15)


def _talk(line, hang_up_at, heard):
    if hang_up_at == "greeting":
        return
    line.sendall(b"220 here\r\n")
    with line.makefile("rb") as said:
        in_body = False
        for text in said:
            heard.append(text)
            if in_body:
                if text != b".\r\n":
                    continue
                in_body = False
                if hang_up_at == "body":
                    return
            elif hang_up_at.encode() in text.upper():
                return
            elif text.upper().startswith(b"DATA"):
                in_body = True
                line.sendall(b"354 go on\r\n")
                continue
            line.sendall(b"250 fine\r\n")
