# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Makes ready what gitolite keeps beside the repositories. `check` proves that
# every repository of a restored copy is whole.

umask 077
export HOME="${STATE_DIRECTORY:-/var/lib/gitolite}" GIT_CONFIG_NOSYSTEM=1
cd "$HOME" || exit 1

if [ "$1" = check ]; then
    find repositories -type d -name '*.git' -prune | while read -r repository; do
        git --git-dir="$repository" fsck --connectivity-only --no-progress >/dev/null || exit 1
    done
    exit
fi
mkdir -p .gitolite/conf .gitolite/logs .gitolite/hooks/common repositories upload
rm -f upload/*
cp "$CREDENTIALS_DIRECTORY/gitolite.rc" .gitolite.rc
cp "$CREDENTIALS_DIRECTORY/gitolite.conf" .gitolite/conf/gitolite.conf
gitolite compile && gitolite setup --hooks-only
