#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cargo's linker for the board's programs: what start and rest need lies together in the file.

A page fault maps the sixteen pages around it (`fault_around_bytes`, 64 KiB), so functions that are scattered over a big
program drag nearly all of it into memory. The lists in appliance/supervisor/layout name those that a board at rest ran
(`scripts/bench layout` writes them); lld puts them first (`--symbol-ordering-file`). Names are listed as hashes, without
the part that differs from build to build. A name that is gone is passed over, and a new one stands where it would
without a list. Any other linker, and any other program, is left alone.
"""

import hashlib
import os
import pathlib
import re
import subprocess
import sys

LISTS = pathlib.Path(__file__).parents[2] / "appliance/supervisor/layout"
# The hash of a crate (v0), and of a function (the older scheme, which the compiled standard library has).
VARIES = re.compile(r"(?<=C)s[0-9A-Za-z]*_|17h[0-9a-f]{16}E.*$")


def key(symbol):
    """Eight hexadecimal digits for a function, the same in every build."""
    return hashlib.sha256(VARIES.sub("", symbol).encode()).hexdigest()[:8]


def symbols(files):
    listed = subprocess.run(["nm", "--defined-only", *files], capture_output=True, text=True, check=True).stdout
    return [words[2] for words in map(str.split, listed.splitlines()) if len(words) == 3 and words[1] in "tTwW"]


def arranged(arguments):
    """The options that put the listed functions of this program first; none when nothing is known of it."""
    words = [word for argument in arguments for word in expanded(argument)]
    if "-fuse-ld=lld" not in words or "-o" not in words:
        return []
    program = pathlib.Path(words[words.index("-o") + 1])
    # Rust's name of a program has no hyphens.
    known = LISTS / re.sub(r"-[0-9a-f]{16}$", "", program.name).replace("_", "-")
    if not known.is_file():
        return []
    named = {}
    for symbol in symbols(word for word in words if word.endswith((".o", ".rlib"))):
        named.setdefault(key(symbol), []).append(symbol)
    order = program.with_name(f"{program.name}.order")
    first = [symbol for line in known.read_text().split() for symbol in named.get(line, [])]
    order.write_text("\n".join(first) + "\n")
    return [
        f"-Wl,--symbol-ordering-file={order}",
        "-Wl,--no-warn-symbol-ordering",
        "-Wl,--no-demangle",
        # Where each function came to lie, for the next list.
        f"-Wl,-Map={program}.map",
        # A tenth of the relocations' size, read once at every start (glibc 2.36 and newer).
        "-Wl,-z,pack-relative-relocs",
    ]


def expanded(argument):
    """The arguments in a file `@…`, one a line, or the argument itself."""
    if not argument.startswith("@"):
        return [argument]
    return [line.strip().strip('"') for line in pathlib.Path(argument[1:]).read_text().splitlines()]


if __name__ == "__main__":
    os.execvp("cc", ["cc", *sys.argv[1:], *arranged(sys.argv[1:])])
