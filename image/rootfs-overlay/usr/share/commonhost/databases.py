# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consistent copies of SQLite databases for backups, made while their service goes on.

databases copy DATA COPIES EXCLUDES   copies every database below DATA to COPIES, by SQLite's own backup, and lists
                                      the originals in EXCLUDES for restic
databases merge COPIES DATA           puts the copies back in their places
"""

import os
import pathlib
import sqlite3
import sys

MAGIC = b"SQLite format 3\0"
# What SQLite keeps beside a database; it belongs to the original and not to the copy.
BESIDE = ("-wal", "-shm", "-journal")


def databases(data):
    for folder, _, names in os.walk(data):
        for name in names:
            path = pathlib.Path(folder, name)
            try:
                if path.is_symlink() or not path.is_file():
                    continue
                with open(path, "rb") as file:
                    if file.read(16) == MAGIC:
                        yield path
            except OSError:
                continue


def copy_one(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    uri = source.absolute().as_uri()
    with sqlite3.connect(uri + "?mode=ro", uri=True, timeout=20) as live, sqlite3.connect(target) as kept:
        live.backup(kept, pages=4096, sleep=0.01)
        kept.execute("PRAGMA journal_mode = DELETE")
    os.chmod(target, source.stat().st_mode & 0o777)


def escaped(path):
    """For restic's patterns, in which these have a meaning."""
    return "".join("\\" + c if c in "\\*?[" else "$$" if c == "$" else c for c in str(path))


def copy(data, copies, excludes):
    left_out = []
    for path in databases(data):
        target = copies / path.relative_to(data)
        try:
            copy_one(path, target)
        except sqlite3.Error as error:
            # Not readable as one right now: better the file as it is than none.
            print(f"{path.relative_to(data)} is copied as it is: {error}", file=sys.stderr)
            target.unlink(missing_ok=True)
            continue
        left_out += [escaped(path)] + [escaped(f"{path}{end}") for end in BESIDE]
    excludes.write_text("".join(f"{line}\n" for line in left_out))


def merge(copies, data):
    for folder, _, names in os.walk(copies):
        for name in names:
            source = pathlib.Path(folder, name)
            target = data / source.relative_to(copies)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, target)


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    {"copy": copy, "merge": merge}[verb](*map(pathlib.Path, rest))
