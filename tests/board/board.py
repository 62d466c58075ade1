# SPDX-License-Identifier: AGPL-3.0-or-later
"""A booted board, as people, their apps and its owner meet it."""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
INSTANCE = os.environ.get("COMMONHOST_TEST_INSTANCE", "8")
STEWARD, PASSWORD = "alice", "correct horse battery staple"


def attempt(*arguments, instance=INSTANCE, **options):
    """scripts/try with these arguments, for this test's own set of boards."""
    command = [TOP / "scripts/try", "--instance", instance, *arguments]
    return subprocess.run(command, text=True, capture_output=True, **options)


def eventually(what, condition, seconds=30, every=0.1):
    """Waits until `condition()` is true, and returns what it gave; `what` is said when it never is."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            said = what() if callable(what) else what
            raise AssertionError(f"not within {seconds} s: {said}")
        time.sleep(every)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)


class Board:
    def __init__(self, described, number=1, instance=INSTANCE):
        board = described["boards"][number - 1]
        self.number, self.instance = str(number), instance
        self.acme = described["acme"]
        self.http = board["http"]
        self.port = int(board["https"].rsplit(":", 1)[1])
        self.address = board["address"]
        self.ports = board["ports"]
        self.claim_code = board["claim_code"]
        self.ca_file = pathlib.Path(board["ca_file"])
        self.disk = self.ca_file.parent / "data"
        self.boot = self.ca_file.parent / "boot"
        self.name = board["name"]
        self.token = None

    # --- the front door --------------------------------------------------------

    def connect(self, host, ca_file=None, timeout=30):
        """A TLS connection to the front door for `host`, whose certificate is checked against `ca_file`."""
        context = ssl.create_default_context(cafile=ca_file or self.ca_file)
        connection = http.client.HTTPSConnection(host, timeout=timeout, context=context)
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        connection.sock = context.wrap_socket(raw, server_hostname=host)
        return connection

    def request(self, host, method, path, body=None, headers=None, user=None, ca_file=None, timeout=30):
        headers = dict(headers or {})
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
        with contextlib.closing(self.connect(host, ca_file, timeout)) as connection:
            connection.request(method, path, body=body, headers=headers)
            return Answer(connection.getresponse())

    def certificate(self, host, ca_file=None):
        """What the front door shows to a client that checks it, as Python's ssl describes it."""
        with contextlib.closing(self.connect(host, ca_file)) as connection:
            return connection.sock.getpeercert()

    # --- the API ---------------------------------------------------------------

    def api(self, method, path, body=None, expect=(200, 201, 202, 204), token=None):
        """One request as the steward; what came back, parsed."""
        headers = {"Content-Type": "application/json"}
        if token or self.token:
            headers["Authorization"] = f"Bearer {token or self.token}"
        text = None if body is None else json.dumps(body)
        answer = self.request(f"{self.name}.local", method, f"/api/v1{path}", text, headers)
        expect = (expect,) if isinstance(expect, int) else expect
        assert answer.status in expect, f"{method} {path}: {answer.status}: {answer.text[:500]}"
        return answer.json if answer.body else None

    def claim(self, board_name):
        member = {"name": STEWARD, "display_name": "Alice", "password": PASSWORD}
        body = {"code": self.claim_code, "board_name": board_name, "member": member}
        self.token = self.api("POST", "/claim", body)["token"]
        self.name = board_name

    def job(self, accepted, seconds=60):
        """Waits for the end of a job and returns it."""

        def ended():
            job = self.api("GET", f"/jobs/{accepted['job']}")
            return job if job["state"] != "running" else None

        return eventually(f"the job {accepted['job']} ends", ended, seconds, 0.05)

    def do(self, method, path, body=None, seconds=60):
        """Asks for something, and waits until it is done."""
        job = self.job(self.api(method, path, body), seconds)
        assert job["state"] == "done", job
        return job

    def enable(self, service, settings=None):
        return self.do("PUT", f"/services/{service}", {"settings": settings or {}})

    def services(self):
        return {service["name"]: service for service in self.api("GET", "/services")}

    def state(self, service):
        return self.services().get(service, {}).get("state")

    def wait_running(self, *services, seconds=60):
        def running():
            return all(self.state(service) == "running" for service in services)

        eventually(lambda: f"{services} run: {self.services()}", running, seconds)

    def host(self, service):
        return f"{service}-{self.name}.local"

    def at(self, port):
        """Where a port of the board is reached that is not the front door's: host and port."""
        host, _, number = self.ports[str(port)].rpartition(":")
        return host, int(number)

    def app_password(self, service, token=None, device="a test"):
        return self.api("POST", "/app-passwords", {"service": service, "device": device}, token=token)

    def member(self, name):
        """A second member, and a token of theirs."""
        self.api("POST", "/members", {"name": name, "password": PASSWORD, "role": "member"}, expect=(201, 409))
        host = f"{self.name}.local"
        headers = {"Content-Type": "application/json", "Origin": f"https://{host}"}
        body = json.dumps({"name": name, "password": PASSWORD})
        signed_in = self.request(host, "POST", "/api/v1/session", body, headers)
        assert signed_in.status == 200, signed_in.text
        headers["Cookie"] = signed_in.headers["Set-Cookie"].split(";")[0]
        made = self.request(host, "POST", "/api/v1/tokens", json.dumps({"name": "test"}), headers)
        assert made.status == 201, made.text
        return made.json["secret"]

    # --- the machine -----------------------------------------------------------

    def run(self, *command, check=True, input=None):
        """A command on the board, as root."""
        done = attempt("--exec", self.number, "--", *command, instance=self.instance, input=input)
        if check:
            assert done.returncode == 0, f"{command}: {done.returncode}: {done.stderr}"
        return done

    def shell(self, script, check=True):
        return self.run("/bin/sh", "-c", script, check=check).stdout

    def show(self, unit, *properties):
        """Properties of a systemd unit, as systemd itself sees them."""
        lines = self.run("systemctl", "show", unit, "--property", ",".join(properties)).stdout.splitlines()
        return dict(line.split("=", 1) for line in lines)

    def pid(self, unit):
        return int(self.show(unit, "MainPID")["MainPID"])

    def answers(self):
        with contextlib.suppress(OSError, AssertionError, http.client.HTTPException):
            return self.api("GET", "/health")
        return None

    def restart(self):
        """Pulls the plug, and boots again."""
        done = attempt("--restart", self.number, instance=self.instance)
        assert done.returncode == 0, done.stderr

    def cut(self):
        done = attempt("--cut", self.number, instance=self.instance)
        assert done.returncode == 0, done.stderr
