# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs benches on a fresh board and prints one JSON line per figure; both sides in the same run."""

import importlib
import json
import os
import sys

os.environ.setdefault("COMMONHOST_TEST_INSTANCE", "6")

import peer  # noqa: E402,F401  (puts the board's test helpers on the path)
from board import Board, attempt  # noqa: E402

# Those of the second kind need no board.
ON_A_BOARD = ("enable", "footprint", "catalog", "certificates", "publish")
# Only when asked for: it writes what the linker reads.
ASKED = ("layout",)
ALONE = ("ingress", "renewals")


def say(figures):
    for figure, unit, ours, theirs, who in figures:
        line = {"name": figure, "unit": unit, "ours": float(f"{ours:.4g}"), "peer": None, "peer_name": who, "ratio": None}
        # Some figures have nobody beside them, and some are nothing at all there.
        if theirs is not None:
            line |= {"peer": float(f"{theirs:.4g}"), "ratio": round(ours / theirs, 3) if theirs else None}
        print(json.dumps(line), flush=True)


def on_a_board(names):
    started = attempt("--detach", "--json", "--fresh")
    if started.returncode != 0:
        sys.exit(started.stderr)
    try:
        board = Board(json.loads(started.stdout))
        board.claim("oak")
        for name in names:
            say(importlib.import_module(f"bench_{name}").run(board))
    finally:
        attempt("--stop")


def main(names):
    """`NAME`, or `NAME:ROW,ROW` for some rows of one that can be measured in parts."""
    rows = {name: some.split(",") if some else None for name, _, some in (name.partition(":") for name in names)}
    unknown = rows.keys() - {*ON_A_BOARD, *ASKED, *ALONE}
    if unknown:
        sys.exit(f"unknown bench {', '.join(sorted(unknown))}; there are {', '.join(ON_A_BOARD + ASKED + ALONE)}")
    chosen = rows or dict.fromkeys(ON_A_BOARD + ALONE)
    if board := [name for name in chosen if name in ON_A_BOARD + ASKED]:
        on_a_board(board)
    for name in chosen:
        if name in ALONE:
            say(importlib.import_module(f"bench_{name}").run(chosen[name]))


main(sys.argv[1:])
