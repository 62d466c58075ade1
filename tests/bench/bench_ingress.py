# SPDX-License-Identifier: AGPL-3.0-or-later
"""The front door as an HTTPS reverse proxy, against nginx and Caddy, before the same services.

Every row is measured in turns, several rounds of all doors; the figure is the median. Rates are turned round, so that
in every row a ratio below 1 means that ours is better: seconds per request, bytes, latency."""

import asyncio
import re
import socket
import ssl
import statistics
import subprocess
import time

from doors import FILES, HOME, MEMBERS, UPLOADS, running

ROUNDS = 5
SECONDS = 3
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def resolve(door, name=FILES):
    return ["--resolve", f"{name}:{door.port}:127.0.0.1"]


def wrk(door, path, connections, host=FILES, close=False):
    """Figures of one run of wrk over HTTP/1.1."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-H", f"Host: {host}"]
    command += ["-H", "Connection: close"] if close else []
    before = door.cpu()
    text = subprocess.run([*command, f"https://{FILES}:{door.port}{path}"], capture_output=True, text=True, check=True).stdout
    cpu = door.cpu() - before
    requests, seconds, unit = re.search(r"(\d+) requests in ([\d.]+)(s|m)", text).groups()
    requests, seconds = int(requests), float(seconds) * (60 if unit == "m" else 1)
    assert requests, f"{door.name} answered nothing: {text}"
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    assert not bad, f"{door.name}: {bad.group(0)}"
    quantile = {q: float(v) * UNITS[u] for q, v, u in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", text)}
    return {"per-request": seconds / requests, "cpu": cpu / requests, "p50": quantile["50"], "p99": quantile["99"]}


def h2load(door, connections, streams):
    log = HOME / f"h2load-{door.name}.log"
    log.unlink(missing_ok=True)
    requests = 60_000
    command = ["h2load", f"-n{requests}", f"-c{connections}", f"-m{streams}", "-t1", f"--log-file={log}"]
    before = door.cpu()
    text = subprocess.run([*command, f"https://{FILES}:{door.port}/1k"], capture_output=True, text=True, check=True).stdout
    cpu = door.cpu() - before
    rate, good = float(re.search(r"([\d.]+) req/s", text).group(1)), int(re.search(r"(\d+) succeeded", text).group(1))
    assert good == requests, f"{door.name}: {good} of {requests} succeeded"
    latency = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return {"per-request": 1 / rate, "cpu": cpu / requests, "p50": latency[requests // 2] / 1e6, "p99": latency[requests * 99 // 100] / 1e6}


def handshakes(door, resumed, count=300):
    """New connections one after another, each with its handshake and one request."""
    context = ssl.create_default_context(cafile=HOME / "cert.pem")
    session = None
    before, start = door.cpu(), time.perf_counter()
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", door.port)) as raw:
            with context.wrap_socket(raw, server_hostname=FILES, session=session if resumed else None) as tls:
                assert not (resumed and session) or tls.session_reused, f"{door.name} does not resume"
                tls.sendall(f"GET /1k HTTP/1.1\r\nHost: {FILES}\r\n\r\n".encode())
                # The tickets of TLS 1.3 come with the answer.
                assert tls.recv(4096).startswith(b"HTTP/1.1 200")
                session = tls.session
    return {"per-request": (time.perf_counter() - start) / count, "cpu": (door.cpu() - before) / count}


def transfer(door, arguments, name=FILES):
    before = door.cpu()
    text = subprocess.run(
        ["curl", "-sk", "--http1.1", *resolve(door, name), "-w", "%{time_total} %{http_code}", "-o", "/dev/null", *arguments],
        capture_output=True, text=True, check=True,
    ).stdout
    seconds, status = text.split()
    assert status == "200", f"{door.name}: {status}"
    return {"per-request": float(seconds), "cpu": door.cpu() - before}


def download(door):
    return transfer(door, [f"https://{FILES}:{door.port}/1g"])


def upload(door):
    return transfer(door, ["-T", str(HOME / "files/1g"), f"https://{UPLOADS}:{door.port}/sink"], UPLOADS)


async def echo(door, messages=3000):
    context = ssl.create_default_context(cafile=HOME / "cert.pem")
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port, ssl=context, server_hostname=UPLOADS)
    writer.write(f"GET /echo HTTP/1.1\r\nHost: {UPLOADS}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    times = []
    for _ in range(messages):
        start = time.perf_counter()
        writer.write(b"x" * 128)
        await reader.readexactly(128)
        times.append(time.perf_counter() - start)
    writer.close()
    times.sort()
    return {"p50": times[messages // 2], "p99": times[messages * 99 // 100]}


ROWS = {
    "h1-1k-c10": lambda door: wrk(door, "/1k", 10),
    "h1-1k-c50": lambda door: wrk(door, "/1k", 50),
    "h1-1k-c100": lambda door: wrk(door, "/1k", 100),
    "h1-1k-c1000": lambda door: wrk(door, "/1k", 1000),
    "h1-1k-members-c50": lambda door: wrk(door, "/1k", 50, MEMBERS),
    "h1-1m-c16": lambda door: wrk(door, "/1m", 16),
    "h1-new-connection-c16": lambda door: wrk(door, "/1k", 16, close=True),
    "h2-1k-c10-m10": lambda door: h2load(door, 10, 10),
    "h2-1k-c100-m10": lambda door: h2load(door, 100, 10),
    "handshake-full": lambda door: handshakes(door, resumed=False),
    "handshake-resumed": lambda door: handshakes(door, resumed=True),
    "download-1g": download,
    "upload-1g": upload,
    "websocket-echo": lambda door: asyncio.run(echo(door)),
}


def run(rows=None):
    with running() as doors:
        for row, measure in ROWS.items():
            if rows and row not in rows:
                continue
            taken = {name: [] for name in doors}
            for _ in range(ROUNDS):
                for name, door in doors.items():
                    taken[name].append(measure(door))
            for figure in taken["ours"][0]:
                middle = {name: statistics.median(one[figure] for one in all_of) for name, all_of in taken.items()}
                for other in ("nginx", "caddy"):
                    yield f"{row}-{figure}", "s", middle["ours"], middle[other], other
        for figure in ("rss", "pss"):
            sizes = {name: getattr(door, figure)() for name, door in doors.items()}
            for other in ("nginx", "caddy"):
                yield f"after-all-{figure}", "bytes", sizes["ours"], sizes[other], other
