-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Software elsewhere that signs members in by this board, what members agreed to, and the keys the board signs with.
CREATE TABLE openid_client (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, secret TEXT, redirects TEXT NOT NULL, by TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE openid_consent (
    member TEXT NOT NULL REFERENCES member ON DELETE CASCADE, client TEXT NOT NULL REFERENCES openid_client ON DELETE CASCADE,
    scopes TEXT NOT NULL, given INTEGER NOT NULL, PRIMARY KEY (member, client)
) STRICT, WITHOUT ROWID;
CREATE TABLE openid_key (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, made INTEGER NOT NULL, private TEXT NOT NULL
) STRICT;
