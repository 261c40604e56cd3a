-- The hashes of prompts and responses stay unique by an index with a name: a first load leaves it out and builds it at
-- its end, sorted, which a UNIQUE inside the table does not allow.

PRAGMA legacy_alter_table = ON; -- renaming leaves views and references as they are written

CREATE TABLE prompt_new (             -- what a user typed; two sources with the same text share the row
    id    INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL,                 -- SHA-256 of the text; of several turns: of "<length>:<text>" for each; without text: of "id:<prompt id>"; unique
    text  TEXT,                          -- the first turn, byte for byte; NULL where the source has none
    more  TEXT,                          -- JSON list of the later turns; NULL for a single turn
    turns INTEGER NOT NULL,              -- number of turns, >= 1
    bytes INTEGER                        -- UTF-8 bytes of the first turn; NULL where unknown
) STRICT;
INSERT INTO prompt_new (id, hash, text, more, turns, bytes) SELECT id, hash, text, more, turns, bytes FROM prompt;
DROP TABLE prompt;
ALTER TABLE prompt_new RENAME TO prompt;
CREATE UNIQUE INDEX prompt_hash ON prompt(hash);

CREATE TABLE response_new (           -- the words behind response hashes: only with ingest --responses
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,                  -- SHA-256, by the rule of prompt.hash; unique
    text TEXT NOT NULL                   -- several turns as a JSON list
) STRICT;
INSERT INTO response_new (id, hash, text) SELECT id, hash, text FROM response;
DROP TABLE response;
ALTER TABLE response_new RENAME TO response;
CREATE UNIQUE INDEX response_hash ON response(hash);

PRAGMA legacy_alter_table = OFF;
