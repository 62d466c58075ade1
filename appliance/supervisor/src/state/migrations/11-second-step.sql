-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The second step of signing in: the secret shared with an authenticator app, the newest of its codes that was used,
-- and codes on paper that each open once.
CREATE TABLE second_step (
    member TEXT PRIMARY KEY REFERENCES member ON DELETE CASCADE, secret TEXT NOT NULL, last_step INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT;
CREATE TABLE recovery_code (
    hash TEXT PRIMARY KEY, member TEXT NOT NULL REFERENCES second_step ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX recovery_code_member ON recovery_code (member);
