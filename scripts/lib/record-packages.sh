#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# record-packages.sh ROOT: called by mmdebstrap once the packages are unpacked
# into ROOT and while their archives are still there. Unpacking alone leaves no
# record; the bundle builder and the list of licences need one.
set -eu

root=$1
status=$root/var/lib/dpkg/status
: >"$status.new"
for deb in "$root"/var/cache/apt/archives/*.deb; do
    [ -e "$deb" ] || { echo "record-packages: no archives in $root" >&2; exit 1; }
    dpkg-deb --field "$deb" | sed '1a Status: install ok unpacked' >>"$status.new"
    echo >>"$status.new"
done
mv "$status.new" "$status"
