-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Groups of members, which services are for which groups, and links by which people join.
CREATE TABLE member_group (
    member TEXT NOT NULL REFERENCES member ON DELETE CASCADE, name TEXT NOT NULL, PRIMARY KEY (member, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE service_group (
    service TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (service, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE invitation (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, note TEXT NOT NULL, role TEXT NOT NULL, groups TEXT NOT NULL,
    uses INTEGER NOT NULL, used INTEGER NOT NULL, by TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL
) STRICT;
