-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a job of the kinds that copy data has to do, as JSON.
CREATE TABLE task (
    job TEXT PRIMARY KEY REFERENCES job ON DELETE CASCADE, task TEXT NOT NULL
) STRICT;
