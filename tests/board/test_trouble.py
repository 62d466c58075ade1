# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong on a real board: damaged software, a service that cannot start."""

import json
import shutil

from board import TOP, eventually

BUNDLES = TOP / "target/bundles/amd64"


def test_a_bundle_with_one_flipped_byte_is_refused_and_nothing_changes(serving):
    entry = json.loads((BUNDLES / "catalog.json").read_text())["services"]["radicale"]
    digest = entry["bundles"][-1]["digest"]
    serving.do("DELETE", "/services/radicale")
    serving.shell(f"umount /run/commonhost/bundles/{digest} || true")
    damaged = serving.disk / "commonhost/bundles" / f"{digest}.erofs"
    shutil.copy(BUNDLES / damaged.name, damaged)
    with open(damaged, "r+b") as file:
        file.seek(100_000)
        byte = file.read(1)
        file.seek(100_000)
        file.write(bytes([byte[0] ^ 1]))
    try:
        before = serving.api("GET", "/board")["generation"]
        answer = serving.api("PUT", "/services/radicale", {}, expect=409)
        assert answer["error"]["code"] == "bundle_damaged"
        assert "damaged" in answer["error"]["message"]
        assert serving.state("radicale") is None
        assert serving.api("GET", "/board")["generation"] == before
    finally:
        damaged.unlink()
    serving.enable("radicale")
    serving.wait_running("radicale")


def test_a_service_that_cannot_start_says_so_and_comes_back_by_itself(serving):
    serving.do("POST", "/services/snac/stop", {})
    file = "/data/services/snac/data/server.json"
    serving.shell(f"cp -p {file} {file}.kept && echo broken > {file}")
    job = serving.job(serving.api("POST", "/services/snac/start", {}), 120)
    assert job["state"] == "failed"
    assert "started" in job["message"], job
    assert serving.state("snac") == "failing"
    assert serving.services()["snac"]["reason"]
    assert "service-failing" in [finding["code"] for finding in serving.api("GET", "/checks")]
    assert serving.state("copyparty") == "running"
    serving.shell(f"mv {file}.kept {file}")
    # systemd tries again, more and more slowly; the board has nothing to do.
    eventually("snac runs again", lambda: serving.state("snac") == "running", 240, 1)
