# SPDX-License-Identifier: AGPL-3.0-or-later
"""The network in which the boards stand, from inside: other machines beside them, with programs of this one."""

import contextlib
import json
import os
import subprocess

from board import eventually


class Yard:
    def __init__(self, board):
        self.folder = board.ca_file.parent.parent
        pid = (self.folder / "yard.pid").read_text().split()[0]
        self.inside = ["nsenter", "--target", pid, "--net", "--"]

    def run(self, *command, check=True, **options):
        return subprocess.run([*self.inside, *command], text=True, capture_output=True, check=check, **options)

    @contextlib.contextmanager
    def machine(self, address):
        """Another machine on the boards' network, with this address."""
        self.run("ip", "address", "add", f"{address}/24", "dev", "br0")
        try:
            yield
        finally:
            self.run("ip", "address", "delete", f"{address}/24", "dev", "br0")

    @contextlib.contextmanager
    def program(self, *command, log, ready, **environment):
        """A program that runs meanwhile; `ready()` says when it can be used."""
        with open(log, "w") as out:
            process = subprocess.Popen(
                [*self.inside, *command], stdout=out, stderr=out, env={**os.environ, **environment}, cwd=log.parent
            )
            try:
                eventually(lambda: f"{command[0]} runs: {log.read_text()[-2000:]}", ready, 60)
                assert process.poll() is None, log.read_text()
                yield process
            finally:
                process.terminate()
                process.wait(30)

    def fetch(self, url):
        """What a web server in there answers, whoever it is; nothing when it does not."""
        done = self.run("curl", "--silent", "--insecure", "--fail", "--max-time", "5", url, check=False)
        return done.stdout if done.returncode == 0 else None

    @contextlib.contextmanager
    def pebble(self, folder, dns, http=80, tls=443, port=14100, life=None):
        """Another Pebble, at 10.77.0.1 like the first and with its certificate, that asks this DNS server."""
        config = json.loads((self.folder / "acme/pebble.json").read_text())
        config["pebble"] |= {
            "listenAddress": f"10.77.0.1:{port}",
            "managementListenAddress": f"10.77.0.1:{port + 1}",
            "httpPort": http,
            "tlsPort": tls,
        }
        if life:
            config["pebble"]["certificateValidityPeriod"] = life
        file = folder / "pebble.json"
        file.write_text(json.dumps(config))
        directory = f"https://10.77.0.1:{port}/dir"
        with self.program(
            "pebble", "-config", str(file), "-dnsserver", dns, "-strict",
            log=folder / "pebble.log", ready=lambda: self.fetch(directory),
            PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="0",
        ):  # fmt: skip
            root = folder / "pebble.pem"
            root.write_text(self.fetch(f"https://10.77.0.1:{port + 1}/roots/0"))
            yield directory, root
