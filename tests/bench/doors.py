# SPDX-License-Identifier: AGPL-3.0-or-later
"""Three HTTPS reverse proxies before the same two services: ours, nginx, Caddy. All may use every core."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

from peer import FOLDER, TOP, memory, shell

HOME = FOLDER / "ingress"
FILES, UPLOADS, MEMBERS = "localhost", "uploads.bench.test", "members.bench.test"
PORTS = {"ours": 5201, "nginx": 5202, "caddy": 5203}

BACKEND = """
worker_processes 1; pid {home}/backend.pid; error_log {home}/backend.log; daemon off;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; types {{ }} default_type text/plain;
  client_body_temp_path {home}/b1; proxy_temp_path {home}/b2; fastcgi_temp_path {home}/b3; uwsgi_temp_path {home}/b4; scgi_temp_path {home}/b5;
  server {{ listen unix:{home}/files.sock; root {home}/files; }} }}
"""

NGINX = """
worker_processes 2; pid {home}/nginx.pid; error_log {home}/nginx.log; daemon off;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 1000000000; ssl_session_cache shared:S:10m; ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path {home}/n1; proxy_temp_path {home}/n2; fastcgi_temp_path {home}/n3; uwsgi_temp_path {home}/n4; scgi_temp_path {home}/n5;
  ssl_certificate {home}/cert.pem; ssl_certificate_key {home}/key.pem; client_max_body_size 0; proxy_request_buffering off;
  map $http_upgrade $upgrade {{ default upgrade; '' ''; }}
  upstream files {{ server unix:{home}/files.sock; keepalive 256; keepalive_requests 1000000000; }}
  upstream uploads {{ server unix:{home}/uploads.sock; keepalive 64; keepalive_requests 1000000000; }}
  proxy_http_version 1.1; proxy_set_header Connection $upgrade; proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto https;
  server {{ listen 127.0.0.1:{port} ssl http2 backlog=4096; server_name localhost members.bench.test; location / {{ proxy_pass http://files; }} }}
  server {{ listen 127.0.0.1:{port} ssl http2; server_name uploads.bench.test; location / {{ proxy_pass http://uploads; }} }} }}
"""

CADDY = """
{{
  admin off
  auto_https off
}}
https://localhost:{port}, https://members.bench.test:{port} {{
  bind 127.0.0.1
  tls {home}/cert.pem {home}/key.pem
  reverse_proxy unix/{home}/files.sock
}}
https://uploads.bench.test:{port} {{
  bind 127.0.0.1
  tls {home}/cert.pem {home}/key.pem
  reverse_proxy unix/{home}/uploads.sock
}}
"""


class Door:
    """One running proxy."""

    def __init__(self, name, process):
        self.name, self.port, self.process = name, PORTS[name], process

    def pids(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def cpu(self):
        """Seconds of processor time so far, with its workers."""
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def pss(self):
        return sum(memory(pid)[1] for pid in self.pids())

    def rss(self):
        return sum(memory(pid)[0] for pid in self.pids())


def prepare():
    shutil.rmtree(HOME, ignore_errors=True)
    (HOME / "files").mkdir(parents=True)
    HOME.chmod(0o755)
    (HOME / "files/1k").write_bytes(os.urandom(512).hex().encode())
    (HOME / "files/1m").write_bytes(os.urandom(1 << 20))
    with open(HOME / "files/1g", "wb") as big:
        big.truncate(1 << 30)
    shell(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench.test "
        f"-addext subjectAltName=DNS:{FILES},DNS:{UPLOADS},DNS:{MEMBERS} -keyout {HOME}/key.pem -out {HOME}/cert.pem"
    )
    for name, text in {"backend": BACKEND, "nginx": NGINX, "caddy": CADDY}.items():
        (HOME / f"{name}.conf").write_text(text.format(home=HOME, port=PORTS.get(name)))
    shell(f"cd {TOP} && cargo build --quiet --release -p ingress --example front_door")


def commands():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target"))
    ours = [target / "release/examples/front_door", f"127.0.0.1:{PORTS['ours']}", HOME / "cert.pem", HOME / "key.pem"]
    ours += [f"{FILES}={HOME}/files.sock", f"{MEMBERS}={HOME}/files.sock", f"{UPLOADS}={HOME}/uploads.sock"]
    return {
        "ours": ours,
        "nginx": ["/usr/sbin/nginx", "-c", HOME / "nginx.conf", "-p", HOME],
        "caddy": ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", HOME / "caddy.conf"],
    }


def answers(port):
    done = subprocess.run(
        ["curl", "-sk", "--max-time", "2", "--resolve", f"{FILES}:{port}:127.0.0.1", f"https://{FILES}:{port}/1k"],
        capture_output=True,
    )
    return done.returncode == 0 and len(done.stdout) == 1024


@contextlib.contextmanager
def running():
    """Yields the three doors by name; all is ended again afterwards."""
    prepare()
    environment = {**os.environ, "HOME": str(HOME), "MALLOC_MMAP_THRESHOLD_": "262144"}
    started = []

    def start(command):
        log = open(HOME / f"{len(started)}.out", "w")
        started.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
        return started[-1]

    try:
        start(["/usr/sbin/nginx", "-c", HOME / "backend.conf", "-p", HOME])
        start(["/usr/bin/python3", TOP / "tests/bench/ingress_backend.py", HOME / "uploads.sock"])
        doors = {name: Door(name, start(command)) for name, command in commands().items()}
        for name, door in doors.items():
            end = time.monotonic() + 10
            while not answers(door.port):
                if time.monotonic() > end:
                    raise AssertionError(f"{name} does not answer: {HOME}")
                time.sleep(0.05)
        yield doors
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait()
