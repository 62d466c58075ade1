# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each service, as members' apps use it, and within the limits its manifest names."""

import json
import os
import re
import subprocess
import sys
import time

import pytest
from board import TOP, eventually
from clients import add_event, read_events
from manifests import SERVICES, manifest, units

sys.path.insert(0, str(TOP / "services"))
from xmpp import App, Refused  # noqa: E402

# 0 is a locked room, 10 an open field; systemd's own word for up to 2.5 is "OK".
EXPOSURE = 2.5
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Test</title><link>https://example.org/</link>
<description>News</description><item><title>Bonjour</title><link>https://example.org/1</link><guid>1</guid>
<description>Salut</description></item></channel></rss>"""


@pytest.fixture(scope="module")
def feed(serving):
    """A feed that boards can fetch: this board serves it, as another machine would."""
    serving.shell("mkdir -p /run/feed")
    serving.run("/bin/sh", "-c", "cat >/run/feed/feed.xml", input=FEED)
    serving.run("systemd-run", "--unit=test-feed", "/usr/bin/python3", "-m", "http.server", "8099", f"--bind={serving.address}",
                "--directory=/run/feed")
    yield f"http://{serving.address}:8099/feed.xml"
    serving.run("systemctl", "stop", "test-feed.service", check=False)


@pytest.mark.parametrize("service", SERVICES)
def test_as_its_apps_use_it(healthy, passwords, feed, service):
    host = healthy.host(service)
    # A second member, who is no steward.
    token = healthy.member("bob")
    environment = {
        **os.environ,
        "URL": f"https://{host}",
        "CONNECT": f"127.0.0.1:{healthy.port}",
        "CA_FILE": str(healthy.ca_file),
        "MEMBER": "alice",
        "PASSWORD": passwords[service],
        "OTHER": "bob",
        "OTHER_PASSWORD": healthy.app_password(service, token)["secret"],
        "FEED": feed,
        "PORTS": json.dumps(healthy.ports),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = ["/usr/bin/python3", TOP / f"services/{service}/test.py"]
    done = subprocess.run(command, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_members_see_their_own_and_nothing_else(healthy, passwords):
    token = healthy.member("bob")
    add_event(healthy, passwords["radicale"])
    files, calendars = healthy.host("copyparty"), healthy.host("radicale")
    healthy.request(files, "PUT", "/u/alice/diary.txt", b"dear diary", user=("alice", passwords["copyparty"]))

    bob = ("bob", healthy.app_password("copyparty", token)["secret"])
    assert healthy.request(files, "GET", "/u/alice/diary.txt", user=bob).status in (401, 403, 404)
    assert healthy.request(files, "PUT", "/u/alice/diary.txt", b"hello", user=bob).status in (401, 403, 404)
    assert healthy.request(files, "PUT", "/u/bob/diary.txt", b"my own", user=bob).status in (201, 204)
    bob = ("bob", healthy.app_password("radicale", token)["secret"])
    depth = {"Depth": "1"}
    assert healthy.request(calendars, "PROPFIND", "/alice/tests/", headers=depth, user=bob).status in (401, 403, 404)
    assert healthy.request(calendars, "PROPFIND", "/bob/", headers=depth, user=bob).status == 207

    # A password for one service opens no other, and is not the member's own.
    assert healthy.request(files, "PROPFIND", "/u/bob/", headers=depth, user=bob).status == 401
    healthy.api("POST", "/session", {"name": "bob", "password": bob[1]}, expect=401)


@pytest.mark.parametrize("service", SERVICES)
def test_a_revoked_app_password_stops_working(healthy, service):
    made = healthy.app_password(service, device="a lost phone")
    user = ("alice", made["secret"])
    works, ask = {
        "radicale": (207, ("PROPFIND", "/alice/", None, {"Depth": "0"})),
        "dokuwiki": (200, ("GET", "/start", None, {})),
        "fossil": (200, ("GET", "/forum", None, {})),
        "kiwix": (200, ("GET", "/", None, {})),
        # It makes a session of its own first.
        "miniflux": (302, ("GET", "/unread", None, {})),
        "gitolite": (200, ("GET", "/cgit/cgit.css", None, {})),
        "syncthing": (200, ("GET", "/", None, {})),
        "prosody": (200, ("GET", "/session", None, {})),
        "ntfy": (200, ("GET", "/alice_test/json?poll=1", None, {})),
        "copyparty": (207, ("PROPFIND", "/u/alice/", None, {"Depth": "0"})),
        "snac": (200, ("GET", "/alice/admin", None, {})),
    }[service]
    host = healthy.host(service)
    eventually("it opens the service", lambda: healthy.request(host, *ask, user=user).status == works)
    healthy.api("DELETE", f"/app-passwords/{made['id']}")
    eventually("the revoked password is refused", lambda: healthy.request(host, *ask, user=user).status == 401, 5)


def test_a_revoked_password_ends_the_chat_it_opened(healthy):
    host, address = healthy.host("prosody"), healthy.at(5222)
    lost, kept = (healthy.app_password("prosody", device=device) for device in ("a lost phone", "a kept one"))
    one, other = (App(host, address, "alice", made["secret"], ca_file=healthy.ca_file) for made in (lost, kept))
    healthy.api("DELETE", f"/app-passwords/{lost['id']}")
    began = time.monotonic()
    with pytest.raises(ConnectionError):
        one.until(lambda stanza: False, "the end of the stream")
    assert time.monotonic() - began < 5
    with pytest.raises(Refused):
        App(host, address, "alice", lost["secret"], ca_file=healthy.ca_file)
    other.ask("get", "<ping xmlns='urn:xmpp:ping'/>", to=host)
    other.close()


def test_a_new_certificate_reaches_what_runs(healthy):
    host, address = healthy.host("prosody"), healthy.at(5222)
    password = healthy.app_password("prosody")["secret"]

    def shown():
        app = App(host, address, "alice", password, ca_file=healthy.ca_file)
        certificate = app.socket.getpeercert()["serialNumber"]
        app.close()
        return certificate

    before, pid = shown(), healthy.pid("service-prosody")
    assert before == healthy.certificate(host)["serialNumber"]
    # As if its time had come.
    healthy.shell(f"rm /data/commonhost/certificates/local/*/{host}.pem && systemctl restart commonhost")
    eventually("the supervisor answers", healthy.answers)
    eventually("another certificate is shown", lambda: shown() not in (before,), 60)
    assert shown() == healthy.certificate(host)["serialNumber"]
    assert healthy.pid("service-prosody") == pid


@pytest.mark.parametrize("service", SERVICES)
def test_the_units_have_the_limits_of_the_manifest(healthy, service):
    limits = manifest(service)["limits"]
    for unit, process in units(service).items():
        shown = healthy.show(unit, "TasksMax", "MemoryMax", "CPUWeight", "DynamicUser", "NoNewPrivileges")
        assert shown == {
            "TasksMax": str(limits["tasks"]),
            "MemoryMax": str(process.get("memory_max_mib", limits["memory_max_mib"]) << 20),
            "CPUWeight": str(limits.get("cpu_weight", 100)),
            "DynamicUser": "yes",
            "NoNewPrivileges": "yes",
        }


@pytest.mark.parametrize(("controller", "file"), [("memory", "memory.max"), ("pids", "pids.max"), ("cpu", "cpu.weight")])
def test_the_kernel_enforces_the_limits(healthy, controller, file):
    there = healthy.run("cat", "/sys/fs/cgroup/cgroup.controllers").stdout.split()
    if controller not in there:
        pytest.skip(f"this machine's kernel offers the boards no {controller} controller in cgroup v2 (it may be bound "
                    f"to a v1 hierarchy): systemd knows the limit, and nobody enforces it here")
    for service in SERVICES:
        limits = manifest(service)["limits"]
        expected = {"memory": limits["memory_max_mib"] << 20, "pids": limits["tasks"], "cpu": 100}[controller]
        path = f"/sys/fs/cgroup/services.slice/service-{service}.service/{file}"
        assert healthy.run("cat", path).stdout.strip() == str(expected)


@pytest.mark.parametrize("service", SERVICES)
def test_it_runs_as_nobody_else_does(healthy, service):
    status = healthy.run("cat", f"/proc/{healthy.pid(f'service-{service}')}/status").stdout
    user = int(re.search(r"^Uid:\s+(\d+)", status, re.M)[1])
    assert 61184 <= user <= 65519, "a dynamic user (systemd.exec: DynamicUser=)"
    assert re.search(r"^CapEff:\s+0+$", status, re.M)
    assert re.search(r"^Seccomp:\s+2$", status, re.M)


def test_no_two_services_are_one_user(healthy):
    users = healthy.shell("for s in %s; do stat -c %%u /proc/$(systemctl show -P MainPID service-$s); done" % " ".join(SERVICES))
    assert len(set(users.split())) == len(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_systemd_finds_little_to_attack_and_the_catalog_says_how_much(healthy, service):
    exposures = {}
    for unit in units(service):
        said = healthy.run("systemd-analyze", "security", "--no-pager", f"{unit}.service").stdout
        exposures[unit] = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])
        assert exposures[unit] <= EXPOSURE, unit
    offered = next(entry for entry in healthy.api("GET", "/catalog")["services"] if entry["name"] == service)
    assert offered["exposure_tenths"] == round(max(exposures.values()) * 10), exposures
