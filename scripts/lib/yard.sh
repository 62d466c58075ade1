#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# yard.sh VERB STATE …: the inner half of scripts/try, run inside the yard.
#
# The yard is a place of its own on the machine: a mount, network, process and
# cgroup namespace in which the boards, their bridge and the ACME server live.
# Killing its first process ends every process in it, and with them go its
# mounts and links, whatever state a crash left them in.

set -euo pipefail

verb=$1
state=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gateway=10.77.0.1

fail() {
    printf 'yard: %s\n' "$*" >&2
    exit 1
}

address_of() { printf '10.77.0.%d' $((10 + $1)); }

# --- the place ---------------------------------------------------------------

# spawn VERB …: leaves a verb running, in a session of its own and with nobody
# to wait for it, and prints its number.
spawn() {
    setsid "$here/yard.sh" "$1" "$state" "${@:2}" </dev/null >>"$state/yard.log" 2>&1 &
    echo $!
}

# First process of the yard: own /sys and /run, an own cgroup, then wait and
# reap. The machine's /run is hidden, so that nothing in here takes the
# machine's systemd for its own.
enter() {
    local cgroup=$1
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t cgroup2 cgroup2 /sys/fs/cgroup || fail "no cgroup v2 on this machine"
    mount -t tmpfs -o mode=0755,size=64m tmpfs /run
    # Best effort: on a machine with cgroup v1 the controllers are elsewhere.
    delegate /sys/fs/cgroup
    join "$cgroup"
    exec unshare --cgroup "$here/yard.sh" hold "$state"
}

# delegate CGROUP: lets children of CGROUP be limited, where that is possible.
delegate() {
    local controller
    for controller in cpu memory pids io; do
        echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null || true
    done
}

hold() {
    umount /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    join yard
    delegate /sys/fs/cgroup

    ip link set lo up
    ip link add br0 type bridge forward_delay 0 mcast_snooping 0
    ip address add "$gateway/24" dev br0
    ip link set br0 up
    # A board has a way out, as at home; here it ends with a clear refusal.
    echo 1 >/proc/sys/net/ipv4/ip_forward
    ip route add unreachable default

    mkdir -p /run/root
    mount_root "$state/root.erofs" /run/root
    : >/run/ready
    trap 'exit 0' TERM
    # `wait` also collects what others leave behind, as a first process must.
    while :; do
        sleep 3600 &
        wait $! || true
    done
}

# Without a loop device where the kernel can (6.12 and later), as on a board;
# mount(8) of older releases insists on one.
mount_root() {
    if python3 - "$1" "$2" <<'END' 2>/dev/null; then
import ctypes, sys
MS_RDONLY, MS_NODEV = 1, 4
libc = ctypes.CDLL(None, use_errno=True)
source, target = (argument.encode() for argument in sys.argv[1:])
sys.exit(libc.mount(source, target, b"erofs", MS_RDONLY | MS_NODEV, None) != 0)
END
        return
    fi
    mount -t erofs -o ro,nodev,loop "$1" "$2" || fail "this kernel cannot mount erofs, the board's root"
}

# join NAME: moves this process into a cgroup of the yard. It has to happen
# before the yard's cgroup namespace is entered: where the machine's systemd
# mounted the hierarchy, nobody is let in from inside.
join() {
    mkdir -p "/sys/fs/cgroup/$1"
    echo 0 >"/sys/fs/cgroup/$1/cgroup.procs"
}

# --- the ACME server ---------------------------------------------------------

acme() {
    local dir=$state/acme
    cd "$dir"
    join yard
    # Any name is board 1, until a test says otherwise on the management port.
    pebble-challtestsrv -defaultIPv4 "$(address_of 1)" -defaultIPv6 "" -dns01 "$gateway:53" \
        -http01 "" -https01 "" -tlsalpn01 "" -management "$gateway:8055" >dns.log 2>&1 &
    export PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0
    exec pebble -config "$dir/pebble.json" -dnsserver "$gateway:53" -strict >pebble.log 2>&1
}

# --- a board -----------------------------------------------------------------

# Runs until the board is switched off; a reboot that the board asks for is one.
board() {
    local k=$1 name=board$1 dir=$state/board$1 network nspawn status
    # What DHCP tells a board at home: its address and whom to ask for names.
    network="[Match]\nName=host0\n[Network]\nAddress=$(address_of "$k")/24\nGateway=$gateway\nDNS=$gateway\nDomains=~.\nMulticastDNS=resolve\nLLMNR=no\nIPv6AcceptRA=no\n"
    while :; do
        clear_after "$name"
        join "$name"
        setsid nsenter --cgroup=/proc/1/ns/cgroup -- \
            systemd-nspawn --quiet --register=no --keep-unit --settings=no \
            --directory=/run/root --read-only --machine="$name" --hostname="$name" --uuid="$(cat "$dir/uuid")" \
            --network-bridge=br0 --resolv-conf=off --timezone=off --link-journal=no --console=read-only \
            --bind="$dir/data:/data" --bind="$dir/boot:/boot" \
            --bind-ro="$state/bin:/usr/lib/commonhost" \
            --bind-ro="$state/bundles:/usr/share/commonhost/bundles" \
            --bind-ro="$state/keys:/usr/share/commonhost/keys" \
            --set-credential="network.network.10-host0:$network" \
            --boot >>"$dir/console.log" 2>&1 </dev/null &
        nspawn=$!
        echo "$nspawn" >"$dir/nspawn.pid"
        join yard
        status=0
        # A cut is not worth a message.
        wait "$nspawn" 2>/dev/null || status=$?
        # 133 is nspawn's word for a reboot.
        [ "$status" = 133 ] || break
    done
    [ "$(cat "$dir/nspawn.pid" 2>/dev/null)" != "$nspawn" ] || rm -f "$dir/nspawn.pid"
}

# What an earlier start of the board left: its link, which the kernel takes a
# moment to drop, its cgroups, and a mount that nspawn refuses to find again.
clear_after() {
    local cgroup=/sys/fs/cgroup/$1 export=/run/systemd/nspawn/unix-export/$1
    umount --lazy "$export" 2>/dev/null || true
    rmdir "$export" 2>/dev/null || true
    ip link delete "vb-$1" 2>/dev/null || true
    [ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# The container's first process, as seen in the yard.
leader_of() {
    local nspawn
    nspawn=$(cat "$state/board$1/nspawn.pid" 2>/dev/null) || return 1
    pgrep -o -P "$nspawn"
}

# shutdown K: asks the board to stop and waits.
shutdown() {
    local leader i
    leader=$(leader_of "$1") || return 0
    kill -s SIGRTMIN+3 "$leader" 2>/dev/null || return 0
    for ((i = 0; i < 150; i++)); do
        kill -0 "$leader" 2>/dev/null || return 0
        sleep 0.1
    done
}

# cut K: as if the plug were pulled.
cut() {
    local nspawn leader i
    nspawn=$(cat "$state/board$1/nspawn.pid" 2>/dev/null) || return 0
    leader=$(leader_of "$1") || leader=
    # shellcheck disable=SC2086
    kill -KILL $leader "$nspawn" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do
        kill -0 "$nspawn" 2>/dev/null || [ -e "/sys/class/net/vb-board$1" ] || break
        sleep 0.05
    done
    rm -f "$state/board$1/nspawn.pid"
}

# run K CMD…: runs CMD on the board, with its exit code and standard streams.
run() {
    local leader
    leader=$(leader_of "$1") || fail "board$1 is not running"
    shift
    exec nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --wd -- \
        /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"
}

# doors PORT=ADDRESS:PORT …: what arrives at the machine's 127.0.0.1:PORT goes
# to a board. It listens in the machine's network and connects in the yard's;
# that is why it is started outside the latter.
doors() {
    join yard
    exec python3 "$here/doors.py" /proc/1/ns/net "$@"
}

shift 2
case $verb in
spawn | enter | hold | acme | board | shutdown | cut | run | doors) "$verb" "$@" ;;
*) fail "unknown verb $verb" ;;
esac
