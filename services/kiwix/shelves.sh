# SPDX-License-Identifier: AGPL-3.0-or-later
#
# The shelves: `prepare` makes them, `keep` watches over them for ever, `check`
# tells whether every book on them can be opened.

state=/var/lib/kiwix
cd "$state" || exit 1

# A book is listed when it can be read; a new list takes the place of the old one in one step.
list() {
    rm -f library.new
    printf '<?xml version="1.0"?>\n<library version="20110515">\n</library>\n' >library.new
    for book in zim/*.zim; do
        [ -e "$book" ] || continue
        kiwix-manage library.new add "$book" >/dev/null 2>&1 || echo "$book is not a book that can be read: left out" >&2
    done
    sync library.new
    mv library.new library.xml
}

shelves() { stat -c '%n %s %Y' zim/*.zim 2>/dev/null; }

# fetch ADDRESS: one step of a download, which goes on where it was. Beside a finished book lies its address, so
# that a book that a steward took away is not fetched again.
fetch() {
    case $1 in https://*.zim | http://*.zim) ;; *) echo "$1 is not the address of a .zim file" >&2 && return ;; esac
    name=${1##*/}
    [ ! -e "fetched/$name" ] || return
    free=$(df --output=avail . | tail -n 1)
    size=$(curl --silent --fail --location --head --max-time 60 "$1" | tr -d '\r' |
        awk 'tolower($1) == "content-length:" {size = $2} END {print int(size / 1024)}')
    there=$(du -k "coming/$name" 2>/dev/null | cut -f1)
    if [ $((free - ${size:-0} + ${there:-0})) -lt "$keep_free_kib" ]; then
        echo "$name would need ${size:-0} KiB, and only $free KiB are free: not fetched" >&2
        return
    fi
    [ "$rate" != 0k ] || rate=1000g
    if curl --silent --show-error --fail --location --limit-rate "$rate" --continue-at - --speed-limit 1 --speed-time 300 \
        --output "coming/$name" "$1"; then
        mv "coming/$name" "zim/$name"
        printf '%s\n' "$1" >"fetched/$name"
        echo "$name is here"
    fi
}

fetch_all() {
    {
        read -r keep_free_kib rate
        while read -r address; do
            [ -z "$address" ] || fetch "$address"
        done
    } <"$CREDENTIALS_DIRECTORY/fetch"
}

case $1 in
prepare)
    mkdir -p zim coming fetched upload
    [ -e library.xml ] || list
    ;;
keep)
    # Downloads beside the watch, so that an upload is listed while one runs.
    while :; do fetch_all && sleep 900; done &
    listed=none
    while :; do
        now=$(shelves)
        # Two looks that see the same: nobody is writing.
        if [ "$now" != "$listed" ]; then
            sleep 2
            [ "$(shelves)" = "$now" ] && list && listed=$now
        fi
        sleep 3
    done
    ;;
check)
    for book in zim/*.zim; do
        [ -e "$book" ] || continue
        kiwix-manage /tmp/check.xml add "$book" >/dev/null || exit 1
    done
    ;;
esac
