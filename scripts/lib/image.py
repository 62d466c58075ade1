# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of scripts/build-image that read or make single files.

  image.py modules LIST… TREE OUT        the kernel modules that lists name, and what they need, copied from
                                         TREE (a lib/modules/<version> that depmod has seen) to OUT
  image.py manifest SLOT VERSION BOARD ROOT SCHEMA
                                         SLOT/MANIFEST.json: what is in a slot, to be checked anywhere
  image.py initramfs INIT LIST TREE OUT  a cpio archive (newc) with /init and the modules a list names

A list has one entry a line: a module's name, or a folder below `kernel/` that ends in a slash. What is built into the
kernel counts as there. An entry that ends in `?` may be missing: not every kernel has every driver.
"""

import hashlib
import json
import lzma
import pathlib
import shutil
import sys

SUFFIX = ".ko.xz"


def entries(lists):
    for path in lists:
        for line in pathlib.Path(path).read_text().splitlines():
            line = line.split("#")[0].strip()
            if line:
                yield line.removesuffix("?"), line.endswith("?")


def name_of(path):
    return path.rsplit("/", 1)[-1].split(".ko")[0].replace("-", "_")


class Tree:
    def __init__(self, tree):
        self.tree = pathlib.Path(tree)
        self.needs = {}
        for line in (self.tree / "modules.dep").read_text().splitlines():
            path, needs = line.split(":")
            self.needs[path] = needs.split()
        self.named = {name_of(path): path for path in self.needs}
        builtin = (self.tree / "modules.builtin").read_text().split()
        self.builtin = {name_of(path) for path in builtin}

    def wanted(self, lists):
        """Paths in an order in which they can be loaded."""
        order = []

        def add(path):
            if path in order:
                return
            # modules.dep names the nearest first.
            for need in reversed(self.needs[path]):
                add(need)
            order.append(path)

        for entry, optional in entries(lists):
            if entry.endswith("/"):
                found = sorted(path for path in self.needs if path.startswith(f"kernel/{entry}"))
            else:
                path = self.named.get(entry.replace("-", "_"))
                found = [path] if path else []
            if not found and not optional and entry.replace("-", "_") not in self.builtin:
                sys.exit(f"the kernel {self.tree.name} has no module {entry}")
            for path in found:
                add(path)
        return order


def modules(*arguments):
    *lists, tree, out = arguments
    tree = Tree(tree)
    out = pathlib.Path(out)
    for path in tree.wanted(lists):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree.tree / path, out / path)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copyfile(tree.tree / name, out / name)


def cpio_entry(number, name, mode, content):
    """One member of a newc archive (cpio(5)): a header of 13 hexadecimal numbers, all owners and times zero."""
    encoded = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


def initramfs(init, modules_list, tree, out):
    tree = Tree(tree)
    order = tree.wanted([modules_list])
    members = [("dev", 0o040755, b""), ("init", 0o100755, pathlib.Path(init).read_bytes()), ("modules", 0o040755, b"")]
    names = []
    for path in order:
        content = (tree.tree / path).read_bytes()
        # Loading is the first thing that runs; nothing in there unpacks xz.
        content = lzma.decompress(content) if path.endswith(SUFFIX) else content
        names.append(name_of(path))
        members.append((f"modules/{names[-1]}.ko", 0o100644, content))
    members.append(("modules/order", 0o100644, "".join(f"{name}\n" for name in names).encode()))
    members.append(("TRAILER!!!", 0, b""))
    pathlib.Path(out).write_bytes(b"".join(cpio_entry(i + 1, *member) for i, member in enumerate(members)))


def manifest(slot, version, board, root, schema):
    slot = pathlib.Path(slot)
    files = {}
    for path in sorted(slot.iterdir()):
        if path.name != "MANIFEST.json":
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            files[path.name] = {"size": path.stat().st_size, "sha256": digest}
    described = {"version": version, "board": board, "root": root, "schema": int(schema), "files": files}
    (slot / "MANIFEST.json").write_text(json.dumps(described, indent=1) + "\n")


verbs = {"modules": modules, "manifest": manifest, "initramfs": initramfs}
verbs[sys.argv[1]](*sys.argv[2:])
