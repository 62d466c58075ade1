# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a release says about itself, from what it was made of. Run by scripts/release.

  release.py lock STATUS PACKAGES                    the lock file: every package as `name version architecture source
                                                     source-version`; STATUS is dpkg's, PACKAGES what build-image lists
  release.py changes OLD NEW                         one line a package that came, went or changed, of two lock files
  release.py sbom LOCK CARGO_LOCK VERSION BOARD TIME an SPDX 2.3 document (JSON); TIME in seconds since 1970
  release.py cves LOCK DATA SUITE                    open holes after Debian's tracker (its data/json), the worst first
"""

import datetime
import json
import pathlib
import re
import sys
import tomllib

# Packages that are taken apart by the build, so that no dpkg knows them.
SOURCES = [(re.compile(r"linux-(image|headers|kbuild)-"), "linux"), (re.compile(r"systemd-boot-efi"), "systemd")]
# As Debian's tracker words them, the worst first.
URGENCIES = ["high", "medium", "low", "unimportant"]


def paragraphs(text):
    for paragraph in text.strip().split("\n\n"):
        fields = (line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and not line.startswith(" "))
        yield dict(fields)


def source_of(fields):
    """Source package and its version: `Source: name (version)`, or the package's own."""
    found = re.fullmatch(r"(\S+)(?: \((\S+)\))?", fields.get("Source", fields["Package"]))
    return found[1], found[2] or fields["Version"]


def lock(status, packages):
    lines = {}
    for fields in paragraphs(status):
        if "Package" in fields:
            name, version = fields["Package"], fields["Version"]
            lines[name] = (name, version, fields["Architecture"], *source_of(fields))
    for line in packages.splitlines():
        name, version, architecture = line.split()
        if name not in lines:
            source = next((source for pattern, source in SOURCES if pattern.match(name)), name)
            lines[name] = (name, version, architecture, source, version)
    return "".join(f"{' '.join(line)}\n" for _, line in sorted(lines.items()))


def read_lock(text):
    return {line.split()[0]: line.split() for line in text.splitlines()}


def changes(old, new):
    old, new = read_lock(old), read_lock(new)
    lines = []
    for name in sorted(old.keys() | new.keys()):
        before, after = (lines_of.get(name, [None, None])[1] for lines_of in (old, new))
        if before is None:
            lines.append(f"{name}: new, {after}")
        elif after is None:
            lines.append(f"{name}: gone, was {before}")
        elif before != after:
            lines.append(f"{name}: {before} to {after}")
    return "".join(f"{line}\n" for line in lines)


def sbom(locked, cargo_lock, version, board, created):
    packages = []

    def add(name, number, locator, licence="NOASSERTION"):
        identifier = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{name}-{number}")
        packages.append({
            "SPDXID": identifier, "name": name, "versionInfo": number, "downloadLocation": "NOASSERTION",
            "licenseConcluded": "NOASSERTION", "licenseDeclared": licence, "copyrightText": "NOASSERTION",
            "externalRefs": [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}
            ],
        })  # fmt: skip
        return identifier

    whole = add("commonhost", version, f"pkg:generic/commonhost@{version}", "AGPL-3.0-or-later")
    for name, number, architecture, source, source_version in read_lock(locked).values():
        add(name, number, f"pkg:deb/debian/{name}@{number}?arch={architecture}&upstream={source}@{source_version}")
    for crate in tomllib.loads(cargo_lock)["package"]:
        if "source" in crate:
            add(crate["name"], crate["version"], f"pkg:cargo/{crate['name']}@{crate['version']}")
    moment = datetime.datetime.fromtimestamp(int(created), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    contained = [
        {"spdxElementId": whole, "relationshipType": "CONTAINS", "relatedSpdxElement": package["SPDXID"]}
        for package in packages
        if package["SPDXID"] != whole
    ]
    described = {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": whole}
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"commonhost-{version}-{board}",
        "documentNamespace": f"https://spdx.org/spdxdocs/commonhost-{version}-{board}-{created}",
        "creationInfo": {"created": moment, "creators": ["Tool: scripts/release"]},
        "packages": packages, "relationships": [described, *contained],
    }  # fmt: skip
    return json.dumps(document, indent=1) + "\n"


def cves(locked, data, suite):
    versions = {source: version for *_, source, version in read_lock(locked).values()}
    rows = []
    for source, version in versions.items():
        for name, hole in data.get(source, {}).items():
            state = hole.get("releases", {}).get(suite, {})
            if state.get("status") != "open":
                continue
            urgency = state.get("urgency", "").strip("*")
            # What has been looked at and does not matter is no news.
            if urgency in ("unimportant", "end-of-life"):
                continue
            rank = URGENCIES.index(urgency) if urgency in URGENCIES else len(URGENCIES)
            rows.append((rank, source, name, version, urgency or "not yet assigned", hole.get("description", "")[:100]))
    return "".join(f"{name}\t{source} {version}\t{urgency}\t{text}\n" for _, source, name, version, urgency, text in sorted(rows))


def main(verb, *arguments):
    read = lambda path: pathlib.Path(path).read_text()  # noqa: E731
    match verb, arguments:
        case "lock", (status, packages):
            print(lock(read(status), read(packages)), end="")
        case "changes", (old, new):
            print(changes(read(old), read(new)), end="")
        case "sbom", (locked, cargo_lock, version, board, created):
            print(sbom(read(locked), read(cargo_lock), version, board, created), end="")
        case "cves", (locked, data, suite):
            print(cves(read(locked), json.loads(read(data)), suite), end="")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
