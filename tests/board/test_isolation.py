# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who can reach what on the board: services, the supervisor, the host process, everybody else."""

import re

import pytest
from board import eventually
from manifests import SERVICES, networks, ports
from sandbox import probe

# Sockets are left out: a listener's own check decides there, and a read-only file system does not.
WRITABLE = """
found = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys", "/dev")]
    new = os.path.join(folder, ".probe")
    if refused(lambda: os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY))) is None:
        os.unlink(new)
        found.append(folder)
    for path in [os.path.join(folder, name) for name in files]:
        if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.W_OK):
            found.append(path)
tell(found)
"""


def elsewhere(paths, *allowed):
    return [path for path in paths if not any(path == place or path.startswith(place + "/") for place in allowed)]


# --- services ----------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_to_its_own_places_only(healthy, service):
    own = (f"/var/lib/private/{service}", f"/var/lib/{service}", "/run/service", "/tmp", "/var/tmp")
    found = probe(healthy, f"service-{service}", WRITABLE)
    assert elsewhere(found, *own) == []
    assert f"/var/lib/private/{service}" in found


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_no_other_service(healthy, service):
    others = [other for other in SERVICES if other != service]
    paths = [f"/run/commonhost/sockets/{other}" for other in others]
    paths += [f"/run/commonhost/sockets/{other}/http.sock" for other in others]
    paths += [f"/run/commonhost/{kind}/{other}" for kind in ("files", "ldap", "certificates") for other in others]
    paths += [f"/run/commonhost/certificates/{other}/certificate.pem" for other in others]
    paths += [f"/run/commonhost/ldap/{other}/ldap.sock" for other in others]
    paths += [f"/var/lib/private/{other}" for other in others] + [f"/data/services/{other}" for other in others]
    paths += ["/data/commonhost/state.db", "/run/commonhost/host.sock", "/run/commonhost/control.sock"]
    seen = probe(healthy, f"service-{service}", f"""
        paths = {paths!r}
        reached = []
        for path in paths:
            with contextlib.suppress(OSError):
                os.listdir(path) if not path.endswith((".sock", ".db", ".pem")) else os.stat(path)
                reached.append(path)
        private = []
        with contextlib.suppress(OSError):
            private = os.listdir("/var/lib/private")
        strangers = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{{number}}").st_uid != os.getuid():
                    strangers.append(number)
        sockets = [socket for socket in os.listdir("/run/service")]
        tell({{"reached": reached, "strangers": strangers, "sockets": sockets, "private": private}})
        """)
    assert seen["reached"] == []
    assert seen["strangers"] == []
    assert seen["sockets"] == ["http.sock"]
    assert set(seen["private"]) <= {service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_cannot_become_more(healthy, service):
    outcome = probe(healthy, f"service-{service}", """
        def call(name, *arguments):
            def act():
                if getattr(libc, name)(*arguments) < 0:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            return refused(act)
        tell({
            "become root": call("setuid", 0),
            "mount": call("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None),
            "new namespace": call("unshare", 0x10000000),
            "trace the first process": call("ptrace", 16, 1, None, None),
            "reboot": call("reboot", 0x89abcdef),
            "set the host name": call("sethostname", b"mine", 4),
            "open memory": refused(lambda: open("/dev/mem")),
            "raw network": refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
            "speak to D-Bus": refused(lambda: socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket")),
            "speak to systemd": refused(lambda: socket.socket(socket.AF_UNIX).connect("/run/systemd/private")),
        })
        """)
    assert [act for act, error in outcome.items() if error is None] == []


def test_only_a_process_that_asked_has_a_network(healthy):
    script = """
        namespace = os.readlink("/proc/self/ns/net")
        def visit(address):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
                client.settimeout(3)
                client.connect((address, 80))
        tell({"namespace": namespace, "board": refused(lambda: visit("%s")), "loopback": refused(lambda: visit("127.0.0.1"))})
        """ % healthy.address
    world = healthy.shell("readlink /proc/1/ns/net").strip()
    owners = {}
    for service in SERVICES:
        for unit, network in networks(service).items():
            seen = probe(healthy, unit, script)
            own = healthy.shell(f"readlink /proc/{healthy.pid(unit)}/ns/net").strip()
            if network == "outbound":
                assert seen["board"] is None and seen["namespace"] == own == world, unit
                # In a container the kernel may have no means to enforce it.
                assert "127.0.0.0/8" in healthy.show(f"{unit}.service", "IPAddressDeny")["IPAddressDeny"], unit
                bound = healthy.run("systemctl", "show", unit, "--property=SocketBindAllow,SocketBindDeny").stdout
                assert "SocketBindDeny=any" in bound, unit
                allowed = {int(port) for port in re.findall(r"^SocketBindAllow=\D*(\d+)$", bound, re.M)}
                assert allowed == ports(service) | ports(service, "udp"), unit
            else:
                assert seen["board"] is not None and seen["loopback"] is not None, unit
                assert seen["namespace"] != world and own != world, unit
                # Processes of one service may share it; two services never do.
                assert owners.setdefault(own, service) == service


# --- the supervisor ----------------------------------------------------------


def test_the_supervisor_is_not_root_and_has_no_rights(healthy):
    status = healthy.run("cat", f"/proc/{healthy.pid('commonhost')}/status").stdout
    assert int(re.search(r"^Uid:\s+(\d+)", status, re.M)[1]) != 0
    for kind in ("CapEff", "CapPrm", "CapBnd"):
        assert re.search(rf"^{kind}:\s+0+$", status, re.M), kind
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^Seccomp:\s+2$", status, re.M)


def test_the_supervisor_writes_to_its_own_folder_only(healthy):
    found = probe(healthy, "commonhost", WRITABLE)
    assert elsewhere(found, "/data/commonhost", "/run/commonhost/ldap", "/run/commonhost/peers", "/tmp", "/var/tmp") == []
    assert "/data/commonhost/state.db" in found
    # It reaches services' sockets, but can put nothing into their folder.
    assert "/run/commonhost/sockets" not in found


def test_the_supervisor_cannot_read_what_services_keep(healthy):
    denied = probe(healthy, "commonhost", """
        paths = ["/data/services", "/data/archive", "/var/lib/private", "/run/commonhost/files/radicale/config"]
        tell([path for path in paths if refused(lambda: os.listdir(path) if os.path.isdir(path) else open(path)) is None])
        """)
    assert denied == []


# --- the host process --------------------------------------------------------


def test_the_host_process_has_no_network(healthy):
    pid = healthy.pid("commonhost-host")
    devices = healthy.run("cat", f"/proc/{pid}/net/dev").stdout
    assert [line.split(":")[0].strip() for line in devices.splitlines() if ":" in line] == ["lo"]
    here = healthy.shell(f"readlink /proc/1/ns/net /proc/{pid}/ns/net").split()
    assert len(set(here)) == 2
    status = healthy.run("cat", f"/proc/{pid}/status").stdout
    assert re.search(r"^Seccomp:\s+2$", status, re.M)
    rights = healthy.show("commonhost-host", "RestrictAddressFamilies", "CapabilityBoundingSet")
    assert rights["RestrictAddressFamilies"] == "AF_UNIX"
    assert "cap_net_admin" not in rights["CapabilityBoundingSet"]


ASK = r"""
import json, socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(5)
try:
    client.connect("/run/commonhost/host.sock")
    client.sendall(json.dumps({"ask": "observe"}).encode() + b"\n")
    print("answered" if client.recv(10) else "closed")
except OSError as error:
    print("refused" if isinstance(error, PermissionError) else "closed")
"""


@pytest.mark.parametrize(("who", "said"), [
    (["--reuid=65534", "--regid=65534", "--clear-groups"], "refused"),
    # Even with the right group, as a slip in a unit would give it.
    (["--reuid=65534", "--regid=commonhost", "--clear-groups"], "closed"),
    (["--reuid=commonhost", "--regid=commonhost", "--clear-groups"], "answered"),
])
def test_the_host_process_answers_one_user(healthy, who, said):
    done = healthy.run("setpriv", *who, "/usr/bin/python3", "-c", ASK)
    assert done.stdout.strip() == said


@pytest.mark.parametrize("user", ["65534", "commonhost"])
def test_the_control_socket_answers_root_only(healthy, user):
    command = ["setpriv", f"--reuid={user}", "--regid=commonhost", "--clear-groups", "commonhost", "status"]
    done = healthy.run(*command, check=False)
    assert done.returncode == 1, done.stdout


# --- the board ---------------------------------------------------------------


def test_the_root_is_read_only_even_for_root(healthy):
    for place in ("/", "/usr", "/usr/bin", "/etc", "/usr/share/commonhost/keys"):
        done = healthy.run("touch", f"{place}/mine", check=False)
        assert "Read-only file system" in done.stderr, place


def test_everything_that_was_started_is_well(healthy):
    assert healthy.run("systemctl", "--failed", "--no-legend").stdout.strip() == ""
    running = lambda: healthy.run("systemctl", "is-system-running", check=False).stdout.strip() == "running"  # noqa: E731
    eventually("the system is running", running)


def test_only_the_front_door_listens_on_the_network_and_services_at_ports_of_their_own(healthy):
    found = set()
    for table in ("tcp", "tcp6"):
        for line in healthy.run("cat", f"/proc/net/{table}").stdout.splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            local = address in ("0100007F",) or address.startswith(("3500007F", "3600007F"))
            if fields[3] == "0A" and not local:
                found.add(int(port, 16))
    services = set().union(*(ports(service) for service in SERVICES))
    assert found <= {80, 443, 5355} | services
    assert {80, 443} | services <= found
