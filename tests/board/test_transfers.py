# SPDX-License-Identifier: AGPL-3.0-or-later
"""Large files, and HTTP/2, through the front door."""

import contextlib
import hashlib
import os
import random
import subprocess

import pytest

SIZE = 200 * 1024 * 1024
PIECE = 1024 * 1024


class Noise:
    """A file of `SIZE` bytes that look random, and their checksum once read."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.left = SIZE
        self.digest = hashlib.sha256()

    def read(self, most=PIECE):
        piece = self.random.randbytes(min(self.left, most))
        self.left -= len(piece)
        self.digest.update(piece)
        return piece


def test_200_megabytes_come_back_as_they_went(healthy, passwords):
    import base64

    user = base64.b64encode(f"alice:{passwords['copyparty']}".encode()).decode()
    headers = {"Authorization": f"Basic {user}"}
    path = f"/u/alice/large-{os.getpid()}.bin"
    noise = Noise(2024)
    with contextlib.closing(healthy.connect(healthy.host("copyparty"), timeout=120)) as connection:
        connection.request("PUT", path, noise, {**headers, "Content-Length": str(SIZE)})
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()[:500]
    received = hashlib.sha256()
    with contextlib.closing(healthy.connect(healthy.host("copyparty"), timeout=120)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(SIZE))
        while piece := answer.read(PIECE):
            received.update(piece)
    assert received.hexdigest() == noise.digest.hexdigest()
    gone = healthy.request(healthy.host("copyparty"), "DELETE", path, user=("alice", passwords["copyparty"]))
    assert gone.status in (200, 204)


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_both_versions_of_http(healthy, version):
    places = {f"{healthy.name}.local": "/api/v1/health", healthy.host("snac"): "/api/v1/instance"}
    for host, path in places.items():
        command = ["curl", "--silent", "--show-error", f"--http{version}", "--cacert", healthy.ca_file]
        command += ["--connect-to", f"::127.0.0.1:{healthy.port}", "--output", os.devnull]
        command += ["--write-out", "%{http_code} %{http_version}", f"https://{host}{path}"]
        said = subprocess.run(command, text=True, capture_output=True)
        assert (said.stdout, said.stderr) == (f"200 {version}", ""), host
