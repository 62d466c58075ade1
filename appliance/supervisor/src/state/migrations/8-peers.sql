-- SPDX-License-Identifier: AGPL-3.0-or-later
CREATE TABLE peer (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, paired INTEGER NOT NULL
) STRICT;
