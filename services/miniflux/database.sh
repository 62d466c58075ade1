# SPDX-License-Identifier: AGPL-3.0-or-later
#
# `prepare` makes the database, which appears complete or not at all; `check`
# reads all of a stopped one: every page has a checksum, and every article is
# looked at.

set -e
cd /var/lib/miniflux
programs=/usr/lib/postgresql/17/bin

case $1 in
prepare)
    [ ! -e db ] || exit 0
    rm -rf db.new
    "$programs/initdb" --pgdata=db.new --username=miniflux --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
        --data-checksums >/dev/null
    sync
    mv db.new db
    ;;
check)
    # A copy of a running database is first brought to its end, as after a power cut.
    said=$(echo "SELECT 'articles: ' || count(*) || coalesce(max(length(title || content)), 0) FROM entries" |
        "$programs/postgres" --single -D db -c config_file="$CREDENTIALS_DIRECTORY/postgresql.conf" postgres 2>&1)
    case $said in
    *'"articles: '*) ;;
    *) printf '%s\n' "$said" >&2 && exit 1 ;;
    esac
    "$programs/pg_checksums" --check --pgdata=db >/dev/null
    ;;
esac
