# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real domains: certificates from a real ACME server (Pebble), added while everything serves."""

import contextlib
import socket
import ssl
import threading
import urllib.request

from board import eventually

DOMAIN, OTHER = "calendar.example.test", "files.example.test"


def status(board, name):
    return next((known for known in board.api("GET", "/certificates") if known["name"] == name), None)


def pebble_root(board, folder):
    """The root of what Pebble issues; another one at each of its starts."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(board.acme["management"] + "/roots/0", context=context) as answer:
        path = folder / "pebble.pem"
        path.write_bytes(answer.read())
        return path


class Visitor(threading.Thread):
    """Asks one name again and again, each time on a new connection, and counts what goes wrong."""

    def __init__(self, board, host):
        super().__init__(daemon=True)
        self.board, self.host, self.done = board, host, threading.Event()
        self.asked, self.failed = 0, []

    def run(self):
        while not self.done.is_set():
            try:
                answer = self.board.request(self.host, "GET", "/", timeout=10)
                if answer.status >= 500:
                    self.failed.append(answer.status)
            except OSError as error:
                self.failed.append(repr(error))
            self.asked += 1


def test_a_domain_gets_its_certificate_while_everything_serves(serving, tmp_path):
    host = serving.host("radicale")
    visitor, process = Visitor(serving, host), serving.pid("commonhost.service")
    with contextlib.closing(serving.connect(host)) as held:
        held.request("GET", "/")
        held.getresponse().read()
        visitor.start()
        serving.api("POST", "/domains", {"name": DOMAIN, "service": "radicale"}, expect=201)
        eventually(
            lambda: f"the certificate is issued: {status(serving, DOMAIN)}",
            lambda: (status(serving, DOMAIN) or {}).get("source") == "acme",
            60,
        )
        held.request("GET", "/")
        assert held.getresponse().status == 401, "the connection that was open is still good"
        visitor.done.set()
        visitor.join()
    assert visitor.failed == []
    assert visitor.asked > 10
    assert serving.pid("commonhost.service") == process, "no restart"
    root = pebble_root(serving, tmp_path)
    assert serving.request(DOMAIN, "GET", "/", ca_file=root).status == 401
    assert ("DNS", DOMAIN) in serving.certificate(DOMAIN, root)["subjectAltName"]
    serving.wait_running("radicale")


def test_a_certificate_survives_a_restart_of_the_supervisor(serving, tmp_path):
    before = status(serving, DOMAIN)
    serving.run("systemctl", "restart", "commonhost.service")
    eventually("the board answers", serving.answers)
    root = pebble_root(serving, tmp_path)
    assert serving.request(DOMAIN, "GET", "/", ca_file=root).status in (401, 503)
    assert status(serving, DOMAIN)["not_after"] == before["not_after"]


def test_without_the_authority_the_local_certificate_is_served_and_the_reason_told(serving):
    present = serving.api("GET", "/certificates/authority")
    # Nobody listens there: for the board it is an authority that is stopped.
    silent = present | {"directory": "https://10.77.0.1:14999/dir", "terms_accepted": True}
    serving.api("PUT", "/certificates/authority", silent)
    try:
        serving.api("POST", "/domains", {"name": OTHER, "service": "copyparty"}, expect=201)
        told = eventually(
            lambda: f"the reason is told: {status(serving, OTHER)}",
            lambda: (status(serving, OTHER) or {}).get("last_problem"),
            60,
        )
        assert len(told["summary"]) > 20, told
        assert status(serving, OTHER)["source"] == "local"
        # The local authority may only speak for .local names: what is served is the board's own certificate.
        context = ssl.create_default_context(cafile=serving.ca_file)
        context.check_hostname = False
        with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as raw:
            with context.wrap_socket(raw, server_hostname=OTHER) as connection:
                names = connection.getpeercert()["subjectAltName"]
        assert ("DNS", f"{serving.name}.local") in names
        codes = [finding["code"] for finding in serving.api("GET", "/checks") if finding["subject"] == OTHER]
        assert codes == ["certificate"]
    finally:
        serving.api("PUT", "/certificates/authority", present)
        serving.api("DELETE", f"/domains/{OTHER}")
        serving.api("DELETE", f"/domains/{DOMAIN}")
