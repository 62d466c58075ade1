# SPDX-License-Identifier: AGPL-3.0-or-later
#
# One request, as the member whom the front door let in: git itself or a command
# of gitolite (below /git/), or a page.

export HOME=/var/lib/gitolite GIT_CONFIG_NOSYSTEM=1 PATH=/usr/bin:/bin SCRIPT_NAME=
umask 077

say() {
    printf 'Status: %s\nContent-Type: text/plain\n\n%s\n' "$1" "$2"
    exit
}

# Whether gitolite's rules can be read: the first thing that every push needs.
health() {
    [ -s "$HOME/.gitolite/conf/gitolite.conf-compiled.pm" ] || say 503 'the rules are missing'
    say 200 ready
}

git_or_command() {
    # No page of another site sends a member's browser here: git and curl never say where a request was made.
    [ -z "$HTTP_SEC_FETCH_SITE" ] || say 403 'This address is for git and curl, not for a browser.'
    case $PATH_INFO in
    *.git/*) ;;
    *) [ "$REQUEST_METHOD" = POST ] || say 403 'Commands change something: send them by POST (curl -X POST).' ;;
    esac
    export REMOTE_USER="$HTTP_X_REMOTE_USER" GITOLITE_HTTP_HOME="$HOME" GIT_PROJECT_ROOT="$HOME/repositories" GIT_HTTP_EXPORT_ALL=1
    exec /usr/share/gitolite3/gitolite-shell
}

# The repositories that the member may read: no other exists.
page() {
    list=$(mktemp) && config=$(mktemp) || exit 1
    trap 'rm -f "$list" "$config"' EXIT
    gitolite list-phy-repos | gitolite access % "$HTTP_X_REMOTE_USER" R any |
        awk -F'\t' '$3 !~ /DENIED/ { print $1 ".git" }' >"$list"
    {
        printf 'project-list=%s\n' "$list"
        cat "$CREDENTIALS_DIRECTORY/cgitrc"
    } >"$config"
    CGIT_CONFIG=$config /usr/lib/cgit/cgit.cgi
}

[ "$PATH_INFO" != /health ] || health
[ -n "$HTTP_X_REMOTE_USER" ] || say 403 'The front door says for whom.'
case $PATH_INFO in
/git/*)
    PATH_INFO=${PATH_INFO#/git}
    export PATH_INFO
    git_or_command
    ;;
*) page ;;
esac
