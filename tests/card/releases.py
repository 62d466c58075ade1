# SPDX-License-Identifier: AGPL-3.0-or-later
"""Releases for the machine under test: made of a slot's files, signed, and served."""

import contextlib
import functools
import http.server
import json
import shutil
import subprocess
import threading
import time

from machine import TOP, WORK

# The machine behind QEMU's network, as the guest sees it.
HERE = "10.0.2.2"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Releases:
    def __init__(self, board):
        self.board, self.out = board, WORK / f"{board}.releases"
        self.keys = TOP / "target/keys/release"
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        command = ["cargo", "build", "--quiet", "-p", "release", "--bin", "commonhost-release", "--message-format=json"]
        said = subprocess.run(command, cwd=TOP, check=True, text=True, stdout=subprocess.PIPE).stdout
        found = [json.loads(line).get("executable") for line in said.splitlines()]
        self.program = next(path for path in found if path)

    @contextlib.contextmanager
    def served(self):
        """Its address, while it is served."""
        handler = functools.partial(Quiet, directory=self.out)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{HERE}:{server.server_port}/"
        finally:
            server.shutdown()

    def publish(self, slot):
        """Signs what a slot's folder holds as the newest release."""
        manifest = json.loads((slot / "MANIFEST.json").read_text())
        release = {
            "version": manifest["version"], "channel": "stable", "created": int(time.time()), "boards": [self.board],
            "root": manifest["root"], "schema": {"oldest": 1, "newest": manifest["schema"]},
            "changes": {"en": [f"Release {manifest['version']}."]},
        }  # fmt: skip
        draft = WORK / "release.json"
        draft.write_text(json.dumps(release))
        command = [self.program, "publish", "--keys", self.keys, "--release", draft, "--slot", slot, "--out", self.out]
        subprocess.run(command, check=True)
