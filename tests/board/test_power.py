# SPDX-License-Identifier: AGPL-3.0-or-later
"""The plug is pulled, the board is restarted, a process dies: everything comes back by itself."""

import time

from board import eventually
from clients import add_event, post_note, read_events, read_notes
from manifests import SERVICES


def test_a_power_cut_loses_nothing(healthy, passwords):
    host = healthy.host("copyparty")
    user = ("alice", passwords["copyparty"])
    assert healthy.request(host, "PUT", "/u/alice/minutes.txt", b"all agreed", user=user).status in (201, 204)
    event = add_event(healthy, passwords["radicale"])
    note = post_note(healthy, passwords["snac"])
    before = healthy.api("GET", "/board")["generation"]

    healthy.restart()

    assert healthy.api("GET", "/health")["claimed"]
    assert healthy.api("GET", "/board")["generation"] == before
    healthy.wait_running(*SERVICES)
    assert healthy.request(host, "GET", "/u/alice/minutes.txt", user=user).body == b"all agreed"
    assert event in read_events(healthy, passwords["radicale"])
    assert note in read_notes(healthy)


def test_power_cuts_in_the_midst_of_work(healthy, passwords):
    """A request that was answered with 202 is carried out, wherever the plug was pulled."""
    for wait in (0.0, 0.1, 0.4):
        days = 40 + int(wait * 10)
        healthy.api("PUT", "/services/radicale", {"settings": {"forget_deleted_days": days}}, expect=202)
        time.sleep(wait)
        healthy.restart()
        healthy.wait_running(*SERVICES)
        assert healthy.services()["radicale"]["settings"]["forget_deleted_days"] == days
        running = [job for job in healthy.api("GET", "/jobs") if job["state"] == "running"]
        assert running == []
        assert f"max_sync_token_age = {days * 86400}" in healthy.shell("cat /run/commonhost/files/radicale/config")


def test_a_restart_asked_for_by_the_steward(healthy):
    def boot():
        return healthy.shell("cat /proc/sys/kernel/random/boot_id /proc/1/stat | tr '\\n' ' ' | cut -d' ' -f1,23")

    before, first = boot(), healthy.shell("cat /proc/1/stat").split(" ")[21:22]
    healthy.api("POST", "/system/reboot", {}, expect=202)
    def booted_again():
        now = healthy.run("cat", "/proc/1/stat", check=False).stdout.split(" ")[21:22]
        return now and now != first

    eventually("the board has booted again", booted_again, 60)
    eventually("the board answers", healthy.answers, 60)
    assert boot() != before
    healthy.wait_running(*SERVICES)


def test_a_service_whose_process_dies_comes_back_by_itself(healthy):
    for service in SERVICES:
        unit = f"service-{service}.service"
        before = healthy.pid(unit)
        healthy.shell(f"kill -KILL {before}")

        def replaced():
            return healthy.pid(unit) not in (0, before)

        eventually(f"{unit} has a new process", replaced, 20)
    healthy.wait_running(*SERVICES)
    # The front door passes a request on as soon as the service listens again.
    answer = lambda: healthy.request(healthy.host("snac"), "GET", "/api/v1/instance").status == 200  # noqa: E731
    eventually("snac answers", answer, 20)


def test_nothing_failed(healthy):
    assert healthy.run("systemctl", "--failed", "--no-legend").stdout.strip() == ""
    eventually(
        lambda: healthy.run("systemctl", "list-jobs", check=False).stdout,
        lambda: healthy.run("systemctl", "is-system-running", check=False).stdout.strip() == "running",
    )
