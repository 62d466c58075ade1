# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Makes a member's account with the given password, or takes it away
# (`account.sh add|remove`); `prepare` sets what strangers may do. All safe to
# repeat.

umask 077
config=$CREDENTIALS_DIRECTORY/server.yml
# Topics have no dots, and an underscore ends the name: nobody's name begins another's topic.
topic_of() { printf '%s' "$1" | tr '._' '--'; }

users() { ntfy user --config "$config" list 2>&1 | sed -n 's/^user \([^ ]*\) .*/\1/p'; }

add() {
    for other in $(users); do
        if [ "$other" != "$MEMBER" ] && [ "$(topic_of "$other")" = "$(topic_of "$MEMBER")" ]; then
            echo "the topics $(topic_of "$MEMBER")_… belong to the member $other: choose another sign-in name" >&2
            exit 1
        fi
    done
    NTFY_PASSWORD=$(cat "$CREDENTIALS_DIRECTORY/password")
    export NTFY_PASSWORD
    ntfy user --config "$config" add --ignore-exists "$MEMBER" || exit 1
    ntfy user --config "$config" change-pass "$MEMBER" || exit 1
    for topics in "$(topic_of "$MEMBER")_*" "all_*" "up*"; do
        ntfy access --config "$config" "$MEMBER" "$topics" read-write || exit 1
    done
}

case $1 in
prepare)
    touch /var/lib/ntfy/user.db
    if grep -q '^# unified push: yes' "$config"; then
        ntfy access --config "$config" everyone 'up*' write-only
    else
        ntfy access --config "$config" --reset everyone 'up*'
    fi
    ;;
add) add ;;
remove)
    for user in $(users); do
        if [ "$user" = "$MEMBER" ]; then
            ntfy user --config "$config" remove "$MEMBER" || exit 1
        fi
    done
    ;;
esac
