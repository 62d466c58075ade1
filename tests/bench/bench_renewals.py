# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fifty names with certificates of a minute, renewed for ten minutes under 200 requests a second, each over a new
connection: the test of the same name in tests/api, in full. `renewals:60` makes it a minute.

There is nobody beside us: what is shown is what must be zero, or stay as it is."""

import json
import os
import subprocess

from peer import TOP

TEST = "renewals::certificates_of_a_minute_are_renewed_under_load_and_no_request_fails"


def run(rows=None):
    # Optimised, but linked quickly: this is not about size.
    environment = {
        **os.environ,
        "COMMONHOST_LOAD_SECONDS": rows[0] if rows else "600",
        "CARGO_PROFILE_RELEASE_LTO": "off",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    }
    command = ["cargo", "test", "--quiet", "--release", "-p", "api-tests", "--test", "api", "--", "--exact", TEST, "--nocapture"]
    done = subprocess.run(command, cwd=TOP, env=environment, text=True, stdout=subprocess.PIPE)
    said = [line for line in done.stdout.splitlines() if line.startswith("RENEWALS ")]
    assert said, f"the test did not come to its end: {done.stdout}"
    seen = json.loads(said[0].removeprefix("RENEWALS "))
    yield "renewals-failed-requests", "requests", seen["failures"], None, None
    yield "renewals-requests", "1/s", seen["requests"] / seen["seconds"], None, None
    yield "renewals-handshakes", "1/s", seen["handshakes"] / seen["seconds"], None, None
    yield "renewals-certificates", "certificates", seen["renewals"], None, None
    yield "renewals-growth-of-rss", "bytes", seen["rss_last"] - seen["rss_first"], None, None
    assert done.returncode == 0, done.stdout
