# SPDX-License-Identifier: AGPL-3.0-or-later
"""From "a name is added" to its certificate, memory, and two of the faults, against Caddy and certbot with nginx: all of
them on the boards' network, at one Pebble that asks one DNS server.

One after the other, because each wants ports 80 and 443 of its own. Who has no certificate after `LONG` has none."""

import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from bench_footprint import board_pids
from peer import FOLDER, memory
from yard import Yard

ROUNDS = 5
NAMES = 10
# Seconds for which a name that leads elsewhere is watched, and for which an authority stays away.
WATCH, AWAY, LONG = 90, 20, 240
HOME = FOLDER / "certificates"
DNS = "10.77.0.1:53"

# Prints the moment at which an address shows a certificate of Pebble's for a name, on the clock of everybody here.
PROBE = """
import socket, ssl, sys, time
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
address, name, end = sys.argv[1], sys.argv[2], time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    try:
        with socket.create_connection((address, 443), timeout=5) as raw:
            with context.wrap_socket(raw, server_hostname=name) as line:
                shown = line.getpeercert(True)
                if b"Pebble Intermediate" in shown and name.encode() in shown:
                    print(time.monotonic())
                    break
    except OSError:
        pass
    time.sleep(0.005)
"""

CADDY = {
    "apps": {
        "tls": {"automation": {"policies": [{"issuers": [{"module": "acme"}]}]}},
        "http": {"servers": {"bench": {"listen": [":443"], "routes": []}}},
    }
}

NGINX = """
pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 2;
events {{ }}
http {{ access_log off; include {folder}/names/*.conf;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 10.77.0.3:80 default_server; server_name _; return 404; }} }}
"""


def tree(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


class Ours:
    """A whole board: its two processes, with all that they do besides."""

    name, address = "ours", "10.77.0.11"

    def __init__(self, board):
        self.board = board

    @contextlib.contextmanager
    def running(self, _yard, directory, _folder):
        present = self.board.api("GET", "/certificates/authority")
        self.board.api("PUT", "/certificates/authority", present | {"directory": directory, "terms_accepted": True})
        try:
            yield self
        finally:
            for domain in self.board.api("GET", "/domains"):
                self.board.api("DELETE", f"/domains/{domain['name']}")
            self.board.api("PUT", "/certificates/authority", present)

    def add(self, name):
        self.board.api("POST", "/domains", {"name": name}, expect=201)

    def memory(self):
        return sum(memory(pid)[0] for pid in board_pids())


class Caddy:
    name, address = "caddy", "10.77.0.2"

    @contextlib.contextmanager
    def running(self, yard, directory, folder):
        config = json.loads(json.dumps(CADDY))
        issuer = config["apps"]["tls"]["automation"]["policies"][0]["issuers"][0]
        issuer |= {"ca": directory, "trusted_roots_pem_files": [str(yard.folder / "acme/ca.pem")]}
        (folder / "caddy.json").write_text(json.dumps(config))
        self.yard = yard
        command = ["caddy", "run", "--config", folder / "caddy.json"]
        with yard.machine(self.address), yard.program(
            *command, log=folder / "caddy.log", ready=lambda: yard.fetch("http://localhost:2019/config/"),
            HOME=str(folder), XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder),
        ) as self.process:  # fmt: skip
            yield self

    def add(self, name):
        route = {"match": [{"host": [name]}], "handle": [{"handler": "static_response", "body": "ok"}]}
        url = "http://localhost:2019/config/apps/http/servers/bench/routes"
        header = "Content-Type: application/json"
        self.yard.run("curl", "--silent", "--fail", "--header", header, "--data", json.dumps(route), url)

    def memory(self):
        return memory(self.process.pid)[0]


class Certbot:
    """certbot with its plugin for nginx. It runs when it is asked to, and by a timer twice a day."""

    name, address = "certbot and nginx", "10.77.0.3"
    peak = 0

    @contextlib.contextmanager
    def running(self, yard, directory, folder):
        self.yard, self.folder, self.directory = yard, folder / "nginx", directory
        (self.folder / "names").mkdir(parents=True)
        folder.chmod(0o755)
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder))
        command = ["nginx", "-c", self.folder / "nginx.conf", "-g", "daemon off;"]
        with yard.machine(self.address), yard.program(
            *command, log=folder / "nginx.log", ready=(self.folder / "nginx.pid").exists
        ) as self.process:
            yield self

    def add(self, name):
        server = f"server {{ listen 10.77.0.3:80; server_name {name}; return 200; }}"
        (self.folder / f"names/{name}.conf").write_text(server)
        self.yard.run("nginx", "-c", self.folder / "nginx.conf", "-s", "reload")
        command = [*self.yard.inside, "certbot", "--nginx", "--nginx-server-root", self.folder, "--server", self.directory]
        for kind in ("config", "work", "logs"):
            command += [f"--{kind}-dir", self.folder / kind]
        command += ["--non-interactive", "--agree-tos", "--email", "bench@example.org", "--no-redirect", "--domain", name]
        environment = {**os.environ, "REQUESTS_CA_BUNDLE": str(self.yard.folder / "acme/ca.pem")}
        with open(self.folder / "certbot.log", "a") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
        self.peak = max(self.peak, used.ru_maxrss * 1024)

    def memory(self):
        return sum(memory(pid)[0] for pid in tree(self.process.pid))


def lead(yard, name, address):
    body = json.dumps({"host": f"{name}.", "addresses": [address]})
    yard.run("curl", "--silent", "--fail", "--data", body, "http://10.77.0.1:8055/add-a")


@contextlib.contextmanager
def probe(yard, client, name):
    """Gives a function: seconds until the certificate, from the moment before `add`; none after `LONG`."""
    process = subprocess.Popen(
        [*yard.inside, "/usr/bin/python3", "-c", PROBE, client.address, name, str(LONG)], stdout=subprocess.PIPE, text=True
    )
    start = time.monotonic()
    try:
        yield lambda since=start: float(said) - since if (said := process.communicate()[0]) else None
    finally:
        process.kill()
        process.wait()


def failed_validations(folder):
    return (folder / "pebble.log").read_text().count("set INVALID by completed challenge")


def measure(board, client):
    """All figures of one of them."""
    yard, figures = Yard(board), {}
    word = client.name.split()[0]
    shutil.rmtree(HOME, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        folder = HOME / "first"
        folder.mkdir(parents=True)
        directory, _ = stack.enter_context(yard.pebble(folder, DNS))
        stack.enter_context(client.running(yard, directory, folder))
        times = []
        for number in range(NAMES):
            name = f"{word}-{number}.bench.test"
            lead(yard, name, client.address)
            with probe(yard, client, name) as certified:
                client.add(name)
                times.append(certified())
        assert all(times), f"{client.name}: {times}"
        # The first makes an account as well.
        figures["first-name"], figures["next-name"] = times[0], statistics.median(times[1 : 1 + ROUNDS])
        figures["memory"] = client.memory()
        before = failed_validations(folder)
        name = f"{word}-elsewhere.bench.test"
        lead(yard, name, "10.77.0.99")
        client.add(name)
        time.sleep(WATCH)
        figures["failed-validations"] = failed_validations(folder) - before
    with contextlib.ExitStack() as stack:
        folder = HOME / "second"
        folder.mkdir()
        # Nobody listens there yet.
        stack.enter_context(client.running(yard, "https://10.77.0.1:14200/dir", folder))
        name = f"{word}-outage.bench.test"
        lead(yard, name, client.address)
        with probe(yard, client, name) as certified:
            client.add(name)
            time.sleep(AWAY)
            back = time.monotonic()
            with yard.pebble(folder, DNS, port=14200):
                figures["after-outage"] = certified(back)
    return figures


def run(board):
    ours, caddy, certbot = Ours(board), Caddy(), Certbot()
    taken = {client.name: measure(board, client) for client in (ours, caddy, certbot)}
    print(json.dumps(taken), file=sys.stderr)
    units = {"first-name": "s", "next-name": "s", "memory": "bytes", "failed-validations": f"in {WATCH} s", "after-outage": "s"}
    for figure, unit in units.items():
        for other in (caddy, certbot):
            yield f"certificates-{figure}", unit, taken["ours"][figure], taken[other.name][figure], other.name
    yield "certificates-memory-while-ordering", "bytes", taken["ours"]["memory"], certbot.peak, "certbot alone"
