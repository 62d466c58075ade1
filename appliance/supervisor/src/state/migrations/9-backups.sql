-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The newest good backup of each subject in each repository, the last try, and the last restore test.
CREATE TABLE backup (
    repository TEXT NOT NULL, subject TEXT NOT NULL, backup TEXT, ok_at INTEGER, bytes INTEGER NOT NULL,
    added INTEGER NOT NULL, seconds INTEGER NOT NULL, tried_at INTEGER NOT NULL, problem TEXT,
    tested TEXT, tested_at INTEGER, test_problem TEXT, PRIMARY KEY (repository, subject)
) STRICT;
-- When a repository was last checked, which part of its data was read, and what was wrong.
CREATE TABLE repository_check (
    repository TEXT PRIMARY KEY, at INTEGER NOT NULL, part INTEGER NOT NULL, problem TEXT
) STRICT;
