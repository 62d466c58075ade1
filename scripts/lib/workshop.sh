# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
#
# Workshops: folders with programs of the board's own Debian release, so that
# an image comes out the same on whatever release builds it, and nothing has to
# be installed on the machine. Packages are unpacked, no maintainer script is
# run. Sourced after lib.sh.

# open_workshop NAME ARCHITECTURES PACKAGE…: makes target/workshop/NAME unless
# it is there and holds just these packages.
open_workshop() {
    local name=$1 architectures=$2 root=$COMMONHOST_OUT/workshop/$1 options=() option hash
    shift 2
    hash=$(printf '%s\n' "$COMMONHOST_SUITE" "$architectures" "$@" | sha256sum | cut -c1-32)
    mkdir -p "$COMMONHOST_OUT/workshop"
    # Whoever works in it holds a lock as well.
    [ -d "$root" ] && fresh "$root.stamp" "$hash" && return 0
    (
        flock 6
        if [ -d "$root" ] && fresh "$root.stamp" "$hash"; then
            return 0
        fi
        need_root
        need_packages mmdebstrap ca-certificates debian-archive-keyring
        check_keyring
        say "Opening the workshop '$name' (Debian $COMMONHOST_SUITE)"
        rm -rf "$root" "$root.new" "$root.stamp"
        while IFS= read -r option; do
            [ -z "$option" ] || options+=("--aptopt=$option")
        done < <(apt_proxy_options)
        board_sources main non-free-firmware |
            mmdebstrap --quiet --mode=root --variant=extract --architectures="$architectures" \
                --aptopt='APT::Install-Recommends "false"' "${options[@]}" \
                --include="$(printf '%s,' base-files base-passwd coreutils dash bash sed grep findutils mawk gzip tar \
                    util-linux ca-certificates "$@")" \
                "$COMMONHOST_SUITE" "$root.new" - >&2 || die "the workshop '$name' could not be unpacked; the lines above say why"
        # What maintainer scripts would have linked.
        ln -sf mawk "$root.new/usr/bin/awk"
        ln -sf gcc "$root.new/usr/bin/cc"
        cp "$root.new/usr/share/base-passwd/passwd.master" "$root.new/etc/passwd"
        cp "$root.new/usr/share/base-passwd/group.master" "$root.new/etc/group"
        rm -rf "$root.new"/var/cache/apt "$root.new"/usr/share/{doc,man,locale}
        mv "$root.new" "$root"
        stamp "$root.stamp" "$hash"
    ) 6>"$COMMONHOST_OUT/workshop/.$name.lock"
}

# in_workshop NAME COMMAND…: runs a command in there, with this repository and
# cargo's downloads at the paths they have outside, in the same folder and as
# whoever called. Its mounts are its own and end with it.
in_workshop() {
    local root=$COMMONHOST_OUT/workshop/$1 lock=$COMMONHOST_OUT/workshop/.$1.lock
    shift
    # Not while it is made anew.
    # shellcheck disable=SC2016
    COMMONHOST_TOP=$COMMONHOST_TOP flock --shared "$lock" unshare --mount --propagation private -- /bin/bash -c '
        set -eu
        root=$1 cwd=$2
        shift 2
        bind() {
            [ -e "$1" ] || return 0
            if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root$(dirname "$1")"; [ -e "$root$1" ] || : >"$root$1"; fi
            mount --rbind "$1" "$root$1"
        }
        mount --bind "$root" "$root"
        for path in /dev /proc /sys /etc/resolv.conf /etc/hosts /etc/ssl/certs "$COMMONHOST_TOP" "${CARGO_HOME:-$HOME/.cargo}" "${CARGO_TARGET_DIR:-}"; do
            [ -z "$path" ] || bind "$path"
        done
        mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
        exec chroot "$root" /usr/bin/env --chdir="$cwd" "$@"' \
        workshop "$root" "$PWD" PATH=/usr/sbin:/usr/bin LANG=C.UTF-8 TMPDIR=/tmp "$@"
}
