# SPDX-License-Identifier: AGPL-3.0-or-later
"""A domain that is proved by a record in DNS: a real DNS server (Knot) that takes updates signed by a key, and an
authority that cannot reach the board at all."""

import contextlib

import pytest
from board import eventually
from yard import Yard

DOMAIN, SERVER = "garden.test", "10.77.0.2"
KEY = "c2l4dGVlbiBieXRlcyBvZiBzZWNyZWN5IQ=="
RECORD = f"_acme-challenge.{DOMAIN}."

CONFIG = """
server:
    listen: {server}@53
    rundir: {folder}
database:
    storage: {folder}
log:
  - target: stderr
    any: info
key:
  - id: board
    algorithm: hmac-sha256
    secret: {key}
acl:
  - id: proof
    key: board
    action: update
    update-type: [TXT]
zone:
  - domain: {domain}
    storage: {folder}
    file: zone
    acl: proof
"""

ZONE = """
{domain}. 60 SOA ns.{domain}. hostmaster.{domain}. 1 3600 600 86400 60
{domain}. 60 NS ns.{domain}.
ns.{domain}. 60 A {server}
{domain}. 60 A 10.77.0.11
*.{domain}. 60 A 10.77.0.11
"""


class Zone:
    """The domain's own server."""

    def __init__(self, yard, folder):
        self.yard, self.config = yard, folder / "knot.conf"
        words = {"folder": folder, "server": SERVER, "domain": DOMAIN, "key": KEY}
        self.config.write_text(CONFIG.format(**words))
        (folder / "zone").write_text(ZONE.format(**words))

    def control(self, *words):
        return self.yard.run("knotc", "--config", self.config, *words, check=False)

    def proofs(self):
        """What is there under the name of the proof."""
        done = self.control("zone-read", DOMAIN, RECORD, "TXT")
        return done.stdout.strip() if done.returncode == 0 else ""

    def is_ready(self):
        return "SOA" in self.control("zone-read", DOMAIN, "@", "SOA").stdout


@pytest.fixture
def place(serving, tmp_path):
    """The zone, and the board asking its server."""
    yard = Yard(serving)
    zone = Zone(yard, tmp_path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(yard.machine(SERVER))
        stack.enter_context(
            yard.program("knotd", "--config", str(zone.config), log=tmp_path / "knot.log", ready=zone.is_ready)
        )
        # Neither port of a front door leads to the board: a record is the only way.
        directory, root = stack.enter_context(yard.pebble(tmp_path, f"{SERVER}:53", http=1, tls=2))
        present = serving.api("GET", "/certificates/authority")
        serving.run("resolvectl", "dns", "host0", SERVER)
        serving.api("PUT", "/certificates/authority", present | {"directory": directory, "terms_accepted": True})
        try:
            yield zone, root
        finally:
            serving.api("DELETE", f"/domains/{DOMAIN}", expect=(204, 404))
            serving.api("PUT", "/certificates/authority", present)
            serving.run("resolvectl", "dns", "host0", "10.77.0.1")


def status(board, name):
    return next((known for known in board.api("GET", "/certificates") if known["name"] == name), None) or {}


def test_a_wildcard_is_proved_by_a_record_and_no_port_need_be_open(serving, place):
    zone, root = place
    proof = {"way": "rfc2136", "server": f"{SERVER}:53", "zone": DOMAIN, "key_name": "board", "algorithm": "hmac-sha256"}
    serving.api("POST", "/domains", {"name": DOMAIN, "every_service": True, "wildcard": True}, expect=201)

    # A key that the server does not know: told, and nothing is in the zone.
    wrong = proof | {"key": "d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmch"}
    serving.api("PUT", f"/domains/{DOMAIN}/proof", wrong)
    eventually(
        lambda: f"the reason is told: {status(serving, DOMAIN)}",
        lambda: (status(serving, DOMAIN).get("last_problem") or {}).get("kind") == "dns_update",
        120,
    )
    assert zone.proofs() == ""
    assert status(serving, DOMAIN)["source"] == "local"

    serving.api("PUT", f"/domains/{DOMAIN}/proof", proof | {"key": KEY})
    serving.api("POST", f"/certificates/{DOMAIN}/retry")
    eventually(
        lambda: f"the certificate is issued: {status(serving, DOMAIN)}",
        lambda: status(serving, DOMAIN).get("source") == "acme",
        180,
    )
    # One certificate covers the services' names; visitors trust it.
    for name in (DOMAIN, f"radicale.{DOMAIN}", f"snac.{DOMAIN}"):
        assert ("DNS", f"*.{DOMAIN}") in serving.certificate(name, root)["subjectAltName"]
    assert serving.request(f"radicale.{DOMAIN}", "GET", "/", ca_file=root).status == 401
    # The proof is taken away again, and the key stands nowhere.
    assert zone.proofs() == ""
    shown = [serving.api("GET", path) for path in (f"/domains/{DOMAIN}", "/certificates", "/audit")]
    assert KEY not in str(shown)
    assert KEY not in serving.shell("journalctl --unit commonhost.service --unit commonhost-host.service")
