# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# What the scripts share: calm messages, packages of the machine, the address
# of the Debian mirror, and stamps that make the second run quick. Sourced,
# never run.

set -euo pipefail
umask 022

# The repository's top, whatever the caller's working directory is.
COMMONHOST_TOP="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# Everything that is made goes under here.
# shellcheck disable=SC2034
COMMONHOST_OUT="$COMMONHOST_TOP/target"
# The Debian release a board is made of.
COMMONHOST_SUITE=trixie

# Results go to stdout; what is being done goes to stderr.
say() { printf '%s\n' "$*" >&2; }

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

need_root() {
    [ "$(id -u)" = 0 ] || die "this needs root: it mounts file systems and starts containers. Run it with sudo."
}

# need_packages NAME...: installs the missing ones with apt. The list is looked
# up before apt is asked, since asking apt costs a second on every run.
need_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    need_root
    say "Installing ${missing[*]}"
    # One at a time: two scripts started together would fail on dpkg's lock.
    (
        flock 9
        export DEBIAN_FRONTEND=noninteractive
        local log
        log=$(mktemp)
        if ! apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" >"$log" 2>&1; then
            # The machine's package lists may be missing or old.
            { apt-get update -o DPkg::Lock::Timeout=300 &&
                apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"; } >"$log" 2>&1 || {
                tail -n 20 "$log" >&2
                rm -f "$log"
                die "apt could not install: ${missing[*]}"
            }
        fi
        rm -f "$log"
    ) 9>"${TMPDIR:-/tmp}/commonhost-apt.lock"
}

# without_services COMMAND...: what is installed meanwhile is not started (invoke-rc.d asks policy-rc.d).
without_services() {
    local policy=/usr/sbin/policy-rc.d code=0
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
    ("$@") || code=$?
    rm -f "$policy"
    return "$code"
}

# Rust comes from wherever the machine has it; Debian's package for browsers is
# the newest one in its archive.
need_rust() {
    if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    if command -v cargo >/dev/null; then
        # The pinned toolchain, or the one that is there where no other can be fetched.
        cargo --version >/dev/null 2>&1 || export RUSTUP_TOOLCHAIN=stable
        return 0
    fi
    # A machine that never asked its mirror knows no package at all.
    [ -n "$(apt-cache policy cargo 2>/dev/null)" ] || apt-get update >/dev/null
    if [ -n "$(apt-cache policy cargo-web 2>/dev/null)" ]; then
        need_packages cargo-web rustc-web
    else
        need_packages cargo rustc
    fi
    command -v cargo >/dev/null || die "cargo is missing: install Rust (https://rustup.rs), then run this again."
}

# The machine's own apt sources, in whichever of the two notations, as lines
# "URI RELEASE LABEL".
_apt_sources() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(LABEL)' 'Created-By: Packages' 2>/dev/null | sort -u
}

# The mirror the board's packages come from: COMMONHOST_MIRROR, or where this
# machine gets its own Debian from.
debian_mirror() {
    local codename uri
    if [ -n "${COMMONHOST_MIRROR:-}" ]; then
        printf '%s\n' "${COMMONHOST_MIRROR%/}"
        return
    fi
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    uri=$(_apt_sources | awk -v c="$codename" '$2 == c || $2 == "stable" { print $1; exit }')
    [ -n "$uri" ] || die "no Debian mirror in this machine's apt sources: set COMMONHOST_MIRROR=<address of a Debian mirror>"
    printf '%s\n' "${uri%/}"
}

# The mirror of security updates: COMMONHOST_SECURITY_MIRROR, this machine's
# own, or the sibling of the mirror.
debian_security_mirror() {
    local uri
    if [ -n "${COMMONHOST_SECURITY_MIRROR:-}" ]; then
        printf '%s\n' "${COMMONHOST_SECURITY_MIRROR%/}"
        return
    fi
    uri=$(_apt_sources | awk '$2 ~ /^[a-z]+-security$/ { print $1; exit }')
    if [ -z "$uri" ] || [ -n "${COMMONHOST_MIRROR:-}" ]; then
        uri="$(debian_mirror)-security"
    fi
    printf '%s\n' "${uri%/}"
}

# board_sources [COMPONENT…]: the one-line sources of a board's release, for
# mmdebstrap and apt. Only `main` unless said.
board_sources() {
    local mirror security components=${*:-main}
    mirror=$(debian_mirror)
    security=$(debian_security_mirror)
    printf "deb %s %s $components\n" "$mirror" "$COMMONHOST_SUITE" "$mirror" "$COMMONHOST_SUITE-updates" "$security" "$COMMONHOST_SUITE-security"
}

# A machine of an older Debian may lack the keys of the board's release.
check_keyring() {
    local key=/usr/share/keyrings/debian-archive-$COMMONHOST_SUITE-automatic.gpg
    [ -e "$key" ] || [ -e "${key%.gpg}.pgp" ] || {
        say "This machine does not know the keys of Debian $COMMONHOST_SUITE: updating debian-archive-keyring"
        apt-get update >/dev/null && apt-get install -y --only-upgrade debian-archive-keyring >/dev/null
    }
}

# The machine's apt proxy settings, as lines for an apt.conf.
apt_proxy_options() {
    apt-config dump --format '%F "%v";%n' Acquire 2>/dev/null | grep -Ei '::proxy "[^"]' || true
}

# hash_of PATH...: one hash over names, modes and contents.
hash_of() {
    local path
    for path in "$@"; do
        [ -e "$path" ] || continue
        find "$path" \( -type f -o -type l \) -printf '%p %m %l\n'
        find "$path" -type f -print0 | sort -z | xargs -0 -r sha256sum
    done | LC_ALL=C sort | sed "s|$COMMONHOST_TOP/||g" | sha256sum | cut -c1-32
}

# fresh STAMP HASH: true when what STAMP stands for was made from HASH.
fresh() { [ "$(cat "$1" 2>/dev/null || true)" = "$2" ]; }

stamp() {
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1"
}

# The name Debian has for this machine's architecture.
host_arch() { dpkg --print-architecture; }

# Debug builds link several times faster with mold; cargo is told by the
# environment, so that a machine without it can still run plain `cargo build`.
use_quick_linker() {
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=clang
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS=-Clink-arg=-fuse-ld=mold
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=clang
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS=-Clink-arg=-fuse-ld=mold
}

# Builds the board's programs as they are shipped, and prints their folder.
# Names of the newer scheme tell the uses of a generic function apart.
build_supervisor() {
    need_rust
    need_packages gcc libc6-dev python3
    (
        cd "$COMMONHOST_TOP"
        export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=$COMMONHOST_TOP/scripts/lib/layout.py
        export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS=-Csymbol-mangling-version=v0
        export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$COMMONHOST_TOP/scripts/lib/layout.py
        export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS=-Csymbol-mangling-version=v0
        cargo build --quiet --release -p supervisor
    ) >&2
    printf '%s\n' "${CARGO_TARGET_DIR:-$COMMONHOST_OUT}/release"
}
