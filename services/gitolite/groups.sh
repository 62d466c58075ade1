#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The groups of the member who asks: gitolite calls this with the member's name.
printf '%s\n' "${HTTP_X_REMOTE_GROUPS-}" | tr ',' ' '
