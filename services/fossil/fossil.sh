# SPDX-License-Identifier: AGPL-3.0-or-later
#
# One request. The front door says who it is; a member who comes for the first
# time, or became something else, gets the rights of a member or a steward.

state=/var/lib/fossil
repository=$state/community.fossil
member=$HTTP_X_REMOTE_USER
groups=$HTTP_X_REMOTE_GROUPS
unset HTTP_X_REMOTE_USER HTTP_X_REMOTE_GROUPS REMOTE_USER
export HOME=$state HTTPS=on SCRIPT_NAME=

run() { env -i HOME="$state" USER=commonhost /usr/bin/fossil "$@"; }

# Fossil gives these names a meaning of its own, or the board does.
case $member in anonymous | nobody | developer | reader | commonhost) member=$member- ;; esac
if [ -n "$member" ]; then
    read -r members stewards <"$state/rights"
    rights=$members
    case ,$groups, in *,stewards,*) rights=$stewards ;; esac
    known=$state/known/$member
    if [ ! -e "$known" ] || [ "$(cat "$known")" != "$rights" ]; then
        # Nobody signs in with this password: it is random, and told to nobody.
        password=$(head -c 24 /dev/urandom | base64)
        {
            # Without the request's environment, which would make it answer the request.
            run user new "$member" "" "$password" -R "$repository" 2>/dev/null
            run user capabilities "$member" "$rights" -R "$repository" &&
                printf '%s\n' "$rights" >"$known.new" && mv "$known.new" "$known"
        } </dev/null >/dev/null
    fi
    export REMOTE_USER="$member"
fi
exec /usr/bin/fossil cgi "$state/site"
