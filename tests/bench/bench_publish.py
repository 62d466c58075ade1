# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long librehost.json takes while the board's disk is saturated, against nginx with the same bytes in a file."""

import contextlib
import http.client
import socket
import ssl
import statistics
import subprocess
import time

from peer import Debian, shell, until_healthy

ASKED = 2000
PROFILE = {
    "name": "Oak Street",
    "tagLine": "Hosting among neighbours",
    "description": "We host for one another.",
    "organizationType": "Cooperative",
    "foundingDate": 2026,
    "communicationLanguages": ["en", "fr"],
    "isServiceProvider": True,
    "homeUrl": "https://oak.example.org/",
    "logo": "https://oak.example.org/logo.svg",
    "contactUrl": "https://oak.example.org/contact",
    "termsOfServiceUrl": "https://oak.example.org/terms",
    "privacyPolicyUrl": "https://oak.example.org/privacy",
}
NGINX = """
worker_processes 2; pid /tmp/nginx.pid; error_log /tmp/nginx.log; daemon off;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000; types {{ }} default_type application/json;
  server {{ listen 127.0.0.1:{port} ssl; ssl_certificate /tmp/cert.pem; ssl_certificate_key /tmp/key.pem; root /srv; }}
  server {{ listen 127.0.0.1:{plain}; root /srv; }} }}
"""
PORT, PLAIN = 5296, 5297


@contextlib.contextmanager
def saturated(folder):
    """Four writers, each of which waits for the disk after every write (dd's oflag=dsync)."""
    script = 'while :; do dd if=/dev/zero of="$0" bs=256k count=64 oflag=dsync 2>/dev/null; done'
    writers = [
        subprocess.Popen(["/bin/sh", "-c", script, str(folder / f"busy{index}")], start_new_session=True)
        for index in range(4)
    ]
    try:
        time.sleep(2)
        yield
    finally:
        for writer in writers:
            subprocess.run(["kill", "--", f"-{writer.pid}"], check=True)
            writer.wait()
        for index in range(4):
            (folder / f"busy{index}").unlink(missing_ok=True)


def p99(port, host, path):
    """The 99th percentile of the time from a request to its whole answer, in seconds; one connection, kept."""
    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection(host, context=context)
    connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=host)
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for _ in range(ASKED):
        start = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - start)
        assert answer.status == 200, answer.status
    connection.close()
    return statistics.quantiles(times, n=100)[-1]


def run(board):
    board.api("PUT", "/cooperative/profile", PROFILE)
    document = board.request(f"{board.name}.local", "GET", "/librehost.json").body
    debian = Debian("nginx-light")
    with debian.round() as root:
        debian.install(root)
        shell(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench.test "
            f"-keyout {root}/tmp/key.pem -out {root}/tmp/cert.pem"
        )
        with open(f"{root}/srv/librehost.json", "wb") as file:
            file.write(document)
        with open(f"{root}/tmp/nginx.conf", "w") as file:
            file.write(NGINX.format(port=PORT, plain=PLAIN))
        server = subprocess.Popen(["chroot", str(root), "/usr/sbin/nginx", "-c", "/tmp/nginx.conf"])
        try:
            until_healthy(PLAIN, "/librehost.json", (200,))
            with saturated(board.disk):
                ours = p99(board.port, f"{board.name}.local", "/librehost.json")
                theirs = p99(PORT, "bench.test", "/librehost.json")
        finally:
            server.terminate()
            server.wait()
    yield "librehost-p99-busy-disk", "s", ours, theirs, "nginx, the same bytes in a file"
