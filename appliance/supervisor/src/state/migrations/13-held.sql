-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Backups that are kept for boards of other owners.
CREATE TABLE held (
    owner TEXT PRIMARY KEY, name TEXT NOT NULL, room INTEGER NOT NULL, notice INTEGER NOT NULL,
    age INTEGER NOT NULL, looked INTEGER NOT NULL, ended INTEGER
) STRICT;
-- Codes by which such a board, once it is lost, gets them back.
CREATE TABLE fetch_code (
    owner TEXT PRIMARY KEY REFERENCES held (owner) ON DELETE CASCADE, server_name TEXT NOT NULL, keeper TEXT NOT NULL,
    fetcher TEXT NOT NULL, until INTEGER NOT NULL
) STRICT;
