# SPDX-License-Identifier: AGPL-3.0-or-later
"""`commonhost` on the board: what it prints, and its exit codes: 0 done, 1 refused or failed, 2 wrong use."""

import json


def test_status_at_a_glance(serving):
    said = serving.run("commonhost", "status").stdout
    assert serving.name in said
    status = json.loads(serving.run("commonhost", "status", "--json").stdout)
    assert status["name"] == serving.name


def test_a_service_is_changed_and_waited_for(healthy):
    healthy.run("commonhost", "service", "enable", "radicale", "--set", "forget_deleted_days=60")
    service = json.loads(healthy.run("commonhost", "--json", "service", "show", "radicale").stdout)
    assert (service["state"], service["settings"]["forget_deleted_days"]) == ("running", 60)
    healthy.run("commonhost", "service", "set", "radicale", "forget_deleted_days=30")


def test_a_service_is_stopped_and_started(healthy):
    healthy.run("commonhost", "service", "stop", "radicale")
    assert healthy.state("radicale") == "stopped"
    assert healthy.show("service-radicale", "ActiveState")["ActiveState"] == "inactive"
    healthy.run("commonhost", "service", "start", "radicale")
    assert healthy.state("radicale") == "running"


def test_refused_is_1_and_says_what_to_do(serving):
    refused = serving.run("commonhost", "service", "enable", "teleporter", check=False)
    assert refused.returncode == 1
    assert "no service called teleporter" in refused.stderr
    wrong = serving.run("commonhost", "service", "set", "radicale", "max_upload_mib=many", check=False)
    assert wrong.returncode == 1
    assert "max_upload_mib" in wrong.stderr
    assert serving.run("commonhost", "service", "show", "teleporter", "--json", check=False).returncode == 1


def test_wrong_use_is_2(serving):
    for words in (["teleport"], ["service"], ["service", "set", "radicale"], ["status", "--colour"]):
        done = serving.run("commonhost", *words, check=False)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert "commonhost" in done.stderr


def test_from_elsewhere_with_an_address_and_a_token(serving):
    """The CLI of the board itself, but over the network, as from a laptop."""
    authority = serving.shell("curl --version >/dev/null 2>&1; mktemp").strip()
    serving.run("/bin/sh", "-c", f"cat >{authority}", input=serving.ca_file.read_text())
    address = ["--url", f"https://{serving.name}.local", "--ca-file", authority, "--json", "status"]
    hosts = "grep -q oak /etc/hosts || getent hosts oak.local >/dev/null"
    assert serving.run("/bin/sh", "-c", hosts, check=False).returncode in (0, 1, 2)
    done = serving.run("commonhost", "--token", serving.token, *address, check=False)
    if done.returncode == 0:
        assert json.loads(done.stdout)["name"] == serving.name
    refused = serving.run("commonhost", "--token", "0" * 64, *address, check=False)
    assert refused.returncode == 1
