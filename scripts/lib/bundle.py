# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of scripts/build-bundles that read a manifest or change single files.

  bundle.py facts SERVICE.TOML               what goes in, as shell assignments
  bundle.py source SERVICE.TOML              all that decides what is in it, to be hashed
  bundle.py requirements SERVICE.TOML        the PyPI packages as a pip requirements file with hashes
  bundle.py npm SERVICE.TOML                 the npm packages, one "name@version" a line
  bundle.py assemble SERVICE.TOML TREE WHEELS   wheels unpacked, files kept and edited, the tree finished
  bundle.py record IMAGE PACKAGES OUT        what the catalog says about an image (JSON)
"""

import hashlib
import json
import os
import pathlib
import shlex
import shutil
import sys
import tarfile
import tempfile
import tomllib
import zipfile


def bundle_of(path):
    with open(path, "rb") as file:
        return tomllib.load(file).get("bundle", {})


def facts(manifest):
    bundle = bundle_of(manifest)
    for key in ("debian", "without"):
        print(f"{key}=({' '.join(shlex.quote(name) for name in bundle.get(key, []))})")
    print(f"suite={shlex.quote(bundle.get('suite', ''))}")
    print(f"pypi={len(bundle.get('pypi', []))}")
    print(f"npm={len(bundle.get('npm', []))}")


def source(manifest):
    bundle = bundle_of(manifest)
    print(json.dumps(bundle, sort_keys=True))
    for name in sorted(set(bundle.get("add", {}).values())):
        print(name, hashlib.sha256((pathlib.Path(manifest).parent / name).read_bytes()).hexdigest())


def requirements(manifest):
    for package in bundle_of(manifest).get("pypi", []):
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in package["sha256"])
        print(f"{package['name']}=={package['version']} {hashes}")


def npm(manifest):
    for package in bundle_of(manifest).get("npm", []):
        print(f"{package['name']}@{package['version']}")


def unpack_npm(tree, wheels, packages):
    for package in packages:
        # As `npm pack` names it: a scope's @ and slash are gone.
        name = package["name"].lstrip("@").replace("/", "-")
        packed = wheels / f"{name}-{package['version']}.tgz"
        if hashlib.sha256(packed.read_bytes()).hexdigest() != package["sha256"]:
            sys.exit(f"{packed.name} is not the package that the manifest names")
        with tarfile.open(packed) as archive, tempfile.TemporaryDirectory() as folder:
            archive.extractall(folder, filter="data")
            (inside,) = pathlib.Path(folder).iterdir()
            for source, target in sorted(package["take"].items()):
                if not (inside / source).exists():
                    sys.exit(f"[[bundle.npm]] {source} is not in {packed.name}")
                (tree / target).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(inside / source, tree / target)


def unpack_wheels(tree, wheels):
    site = tree / "usr/lib/python3/dist-packages"
    for wheel in sorted(wheels.glob("*.whl")):
        site.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheel) as archive:
            # `.data` holds scripts and headers; RECORD lists files that are dropped or compiled later.
            names = [n for n in archive.namelist() if ".data/" not in n and not n.endswith("/RECORD")]
            archive.extractall(site, names)


def keep(tree, moves):
    for source, target in sorted(moves.items()):
        if not (tree / source).exists():
            sys.exit(f"[bundle.keep] {source} is in none of the packages")
        (tree / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(tree / source, tree / target)


def merge_usr(tree):
    """A few packages still have files in /bin, /lib and /sbin, which are links into /usr on a board."""
    for name in ("bin", "lib", "lib64", "sbin"):
        if (tree / name).is_dir():
            shutil.copytree(tree / name, tree / "usr" / name, symlinks=True, dirs_exist_ok=True)
    for path in tree.iterdir():
        if path.name != "usr":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def add(tree, folder, files):
    for target, name in sorted(files.items()):
        (tree / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, tree / target)


def edit(tree, edits):
    for change in edits:
        path = tree / change["file"]
        text = path.read_text() if path.is_file() else ""
        if text.count(change["find"]) != 1:
            sys.exit(f"[[bundle.edit]] {change['file']}: the text to find is there {text.count(change['find'])} times, not once")
        path.write_text(text.replace(change["find"], change["replace"]))


DROP = (
    "usr/share/{man,info,locale,lintian,bug,menu,applications,pixmaps,bash-completion,doc-base,python3,apport}"
    " usr/lib/{systemd,sysusers.d,tmpfiles.d} usr/include usr/games usr/share/{zsh,fish,initramfs-tools}"
)


def expand(patterns):
    for pattern in patterns.split():
        if "{" in pattern:
            before, rest = pattern.split("{")
            inside, after = rest.split("}")
            yield from (before + part + after for part in inside.split(","))
        else:
            yield pattern


def trim(tree):
    for name in expand(DROP):
        shutil.rmtree(tree / name, ignore_errors=True)
    for path in sorted((tree / "usr/share/doc").glob("*/*")):
        # A package that shares another's folder has a link to it.
        if path.name != "copyright" and not path.parent.is_symlink():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in sorted((tree / "usr/lib/python3/dist-packages").glob("**/tests")):
        if path.is_dir():
            shutil.rmtree(path)
    for path in sorted(tree.rglob("*.a")):
        path.unlink()
    for folder, _, files in os.walk(tree, topdown=False):
        if not os.listdir(folder):
            os.rmdir(folder)


def mark(tree):
    """What systemd asks of a folder named in ExtensionDirectories=: extension-release.<the folder's name>.

    The folder is named by the image's own hash, so the name cannot be in the image; the attribute says that any
    name will do (systemd.exec(5), os-release(5)).
    """
    path = tree / "usr/lib/extension-release.d/extension-release.bundle"
    path.parent.mkdir(parents=True)
    path.write_text("ID=_any\n")
    try:
        os.setxattr(path, "user.extension-release.strict", b"0")
    except OSError as error:
        sys.exit(f"the file system of {tree} does not keep extended attributes ({error}): build on ext4, btrfs or xfs")


def assemble(manifest, tree, wheels):
    tree, bundle = pathlib.Path(tree), bundle_of(manifest)
    (tree / "usr").mkdir(exist_ok=True)
    keep(tree, bundle.get("keep", {}))
    merge_usr(tree)
    unpack_wheels(tree, pathlib.Path(wheels))
    unpack_npm(tree, pathlib.Path(wheels), bundle.get("npm", []))
    add(tree, pathlib.Path(manifest).parent, bundle.get("add", {}))
    edit(tree, bundle.get("edit", []))
    trim(tree)
    mark(tree)
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def record(image, packages, out):
    with open(image, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with open(packages) as file:
        versions = dict(line.split() for line in file)
    bundle = {"digest": digest, "size": os.path.getsize(image), "packages": versions}
    os.replace(image, pathlib.Path(out).parent / f"{digest}.erofs")
    temporary = out + ".tmp"
    with open(temporary, "w") as file:
        json.dump([bundle], file, indent=1, sort_keys=True)
        file.write("\n")
    os.replace(temporary, out)


{"facts": facts, "source": source, "requirements": requirements, "npm": npm, "assemble": assemble, "record": record}[sys.argv[1]](*sys.argv[2:])
