-- SPDX-License-Identifier: AGPL-3.0-or-later
-- New passwords that were asked for at the sign-in page. `name` is what was typed: it need not be anybody's, so that
-- asking costs the same whoever it is for. And whom a member chose to help them back in.
CREATE TABLE password_request (
    id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, name TEXT NOT NULL, number TEXT NOT NULL, asked INTEGER NOT NULL,
    agent TEXT NOT NULL, code TEXT, by TEXT, tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX password_request_name ON password_request (name);
CREATE TABLE recovery_contact (
    member TEXT NOT NULL REFERENCES member ON DELETE CASCADE, contact TEXT NOT NULL REFERENCES member ON DELETE CASCADE,
    PRIMARY KEY (member, contact)
) STRICT, WITHOUT ROWID;
-- What a steward wants to do that another one has to approve.
CREATE TABLE waiting_act (
    id TEXT PRIMARY KEY, act TEXT NOT NULL, by TEXT NOT NULL, asked INTEGER NOT NULL
) STRICT;
-- Public keys of members' devices.
CREATE TABLE passkey (
    id TEXT PRIMARY KEY, member TEXT NOT NULL REFERENCES member ON DELETE CASCADE, label TEXT NOT NULL,
    site TEXT NOT NULL, kind TEXT NOT NULL, point TEXT NOT NULL, counter INTEGER NOT NULL, created INTEGER NOT NULL,
    last_used INTEGER
) STRICT;
CREATE INDEX passkey_member ON passkey (member);
