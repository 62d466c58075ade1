# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs benches on a fresh board and prints one JSON line per figure; both sides in the same run."""

import importlib
import json
import os
import sys

os.environ.setdefault("COMMONHOST_TEST_INSTANCE", "6")

import peer  # noqa: E402,F401  (puts the board's test helpers on the path)
from board import Board, attempt  # noqa: E402

BENCHES = ("enable", "footprint")


def main(names):
    unknown = set(names) - set(BENCHES)
    if unknown:
        sys.exit(f"unknown bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    started = attempt("--detach", "--json", "--fresh")
    if started.returncode != 0:
        sys.exit(started.stderr)
    try:
        board = Board(json.loads(started.stdout))
        board.claim("oak")
        for name in names or BENCHES:
            for figure, unit, ours, theirs, who in importlib.import_module(f"bench_{name}").run(board):
                line = {"name": figure, "unit": unit, "ours": round(ours, 4), "peer": round(theirs, 4)}
                print(json.dumps(line | {"peer_name": who, "ratio": round(ours / theirs, 3)}), flush=True)
    finally:
        attempt("--stop")


main(sys.argv[1:])
