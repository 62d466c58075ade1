-- SPDX-License-Identifier: AGPL-3.0-or-later
ALTER TABLE peer ADD COLUMN gone INTEGER;
ALTER TABLE peer ADD COLUMN silent INTEGER;
CREATE TABLE agreement (
    peer TEXT NOT NULL REFERENCES peer (key) ON DELETE CASCADE, id TEXT NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY (peer, id)
) STRICT;
-- Boards that were unpaired and have not been told yet.
CREATE TABLE farewell (key TEXT PRIMARY KEY, address TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
