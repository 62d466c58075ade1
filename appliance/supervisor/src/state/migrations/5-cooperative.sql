-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What was stated once and is never changed: texts, proposals, results, entries of the books, news, declarations.
-- What holds now is computed from all of them.
CREATE TABLE statement (
    sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, member TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX statement_kind ON statement (kind, key);
CREATE TRIGGER statement_kept BEFORE UPDATE ON statement BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
CREATE TRIGGER statement_stays BEFORE DELETE ON statement BEGIN SELECT RAISE(ABORT, 'statements are never deleted'); END;
-- A vote can be changed until the deadline; what was chosen in a secret one is erased once it is counted.
CREATE TABLE ballot (
    proposal TEXT NOT NULL, member TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, choice TEXT,
    PRIMARY KEY (proposal, member)
) STRICT;
CREATE TABLE uptime (
    service TEXT NOT NULL, day INTEGER NOT NULL, up INTEGER NOT NULL, down INTEGER NOT NULL, planned INTEGER NOT NULL,
    PRIMARY KEY (service, day)
) STRICT;
-- What the board used in a month, not yet booked: milliwatt seconds, megabyte seconds, bytes.
CREATE TABLE meter (month TEXT NOT NULL, what TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (month, what)) STRICT;
CREATE TABLE text_seen (
    member TEXT NOT NULL REFERENCES member ON DELETE CASCADE, kind TEXT NOT NULL, language TEXT NOT NULL,
    number INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (member, kind, language, number)
) STRICT;
-- Texts were values of the profile.
INSERT INTO statement (kind, key, at, member, body)
    SELECT 'text', word || '/en/1', 0, 'board',
        json_object('kind', word, 'language', 'en', 'number', 1, 'written', 0, 'effective', 0, 'by', 'board', 'text', value)
    FROM (SELECT value, CASE key WHEN 'economicModel' THEN 'economy' ELSE key END AS word FROM profile
        WHERE key IN ('terms', 'privacy', 'economicModel') AND trim(value) <> '');
DELETE FROM profile WHERE key IN ('terms', 'privacy', 'economicModel');
