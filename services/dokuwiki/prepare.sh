# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Folders of the wiki, and who may do what: the board's two lines first, then
# those that stewards added in the wiki.

set -e
cd /var/lib/dokuwiki
umask 027
mkdir -p acl conf
for folder in attic cache index locks log media media_attic media_meta meta pages tmp; do
    mkdir -p "data/$folder"
done
ln -sfn /usr/share/dokuwiki/board lib
{
    cat "$CREDENTIALS_DIRECTORY/acl.auth.php"
    [ ! -e acl/acl.auth.php ] || grep -Ev '^(#|\*[[:space:]]+@(ALL|user)[[:space:]]|[[:space:]]*$)' acl/acl.auth.php || true
} >acl/new
sync acl/new
mv acl/new acl/acl.auth.php
