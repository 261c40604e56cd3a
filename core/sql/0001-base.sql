-- routefit's tables. Truth is written by datasets/, derived tables can be dropped and rebuilt, results are append-only.
-- A landed file of this folder never changes: later changes are files with the next number.

------------------------------------------------------------------ truth

CREATE TABLE source (                 -- one ingested file
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,   -- short name for --source and the like: from the path, or --name
    path         TEXT NOT NULL,          -- as given on the command line
    sha256       TEXT NOT NULL UNIQUE,   -- of the bytes, hex: the same bytes are the same source
    format       TEXT NOT NULL,          -- name of the reader
    bytes        INTEGER NOT NULL,       -- size of the file
    rows_read    INTEGER NOT NULL,       -- data rows seen
    rows_kept    INTEGER NOT NULL,       -- rows that added something
    rows_known   INTEGER NOT NULL,       -- rows that the database already had from another source
    rows_dropped INTEGER NOT NULL,       -- rows in `dropped`
    repaired     INTEGER NOT NULL,       -- lone surrogates replaced by U+FFFD
    added_at     TEXT NOT NULL           -- UTC, ISO 8601
) STRICT;

CREATE TABLE dropped (                -- a row that was not stored, and why
    source INTEGER NOT NULL REFERENCES source(id),
    line   INTEGER NOT NULL,             -- physical line on which the row starts, from 1
    reason TEXT NOT NULL,                -- a short class: "empty prompt", "same id, other verdict"
    detail TEXT                          -- what was found and what was expected
) STRICT;

CREATE TABLE model (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE            -- exactly as the source writes it
) STRICT;

CREATE TABLE prompt (                 -- what a user typed; two sources with the same text share the row
    id    INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL UNIQUE,          -- SHA-256 of the text; of several turns: of "<length>:<text>" for each; without text: of "id:<prompt id>"
    text  TEXT,                          -- the first turn, byte for byte; NULL where the source has none
    more  TEXT,                          -- JSON list of the later turns; NULL for a single turn
    turns INTEGER NOT NULL,              -- number of turns, >= 1
    bytes INTEGER                        -- UTF-8 bytes of the first turn; NULL where unknown
) STRICT;

CREATE TABLE source_row (             -- which prompt stands in which row of a source: joins files that go row by row (.npy)
    source INTEGER NOT NULL REFERENCES source(id),
    row    INTEGER NOT NULL,             -- data row, from 0
    prompt INTEGER NOT NULL REFERENCES prompt(id),
    PRIMARY KEY (source, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE response (               -- the words behind response hashes: only with ingest --responses
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,           -- SHA-256, by the rule of prompt.hash
    text TEXT NOT NULL                   -- several turns as a JSON list
) STRICT;

CREATE TABLE preference (             -- one verdict on two answers
    id         INTEGER PRIMARY KEY,
    source     INTEGER NOT NULL REFERENCES source(id),
    line       INTEGER NOT NULL,         -- physical line in the source
    origin     TEXT NOT NULL,            -- the space in which key is unique: "lmsys-arena-55k"
    key        TEXT,                     -- the source's own id of the row (may exceed 2^31), NULL where it has none
    prompt     INTEGER REFERENCES prompt(id), -- NULL where the source has no prompt text
    model_a    INTEGER NOT NULL REFERENCES model(id),
    model_b    INTEGER NOT NULL REFERENCES model(id),
    winner     TEXT NOT NULL CHECK (winner = 'a' OR winner = 'b' OR winner = 'tie' OR winner = 'bothbad'), -- IN would build a table for every row
    judge      TEXT NOT NULL,            -- 'human', or the name of the judging model
    weight     REAL,                     -- strength of the verdict as the source gives it, NULL = 1
    shown_first TEXT CHECK (shown_first IN ('a', 'b')), -- presentation order where known
    response_a_bytes INTEGER,            -- UTF-8 bytes of what model_a said, over all turns; NULL where the source has no response
    response_a_hash  BLOB,               -- its SHA-256, by the rule of prompt.hash; the text, where kept, is in `response`
    response_b_bytes INTEGER,
    response_b_hash  BLOB
) STRICT;
CREATE UNIQUE INDEX preference_key ON preference(origin, key, judge) WHERE key IS NOT NULL;

CREATE TABLE item (                   -- one question of a benchmark
    id     INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id), -- the first source that named it
    line   INTEGER NOT NULL,
    bench  TEXT NOT NULL,                -- "mmlu", "gsm8k", "mt-bench", "arc-challenge"
    task   TEXT,                         -- subject or category within the benchmark
    key    TEXT NOT NULL,                -- the benchmark's own id, or the data row where it has none
    prompt INTEGER REFERENCES prompt(id) -- NULL until a source with the text comes
) STRICT;
CREATE INDEX item_bench ON item(bench, key);

CREATE TABLE result (                 -- how one model did on one item; a missing score has no row
    item          INTEGER NOT NULL REFERENCES item(id),
    model         INTEGER NOT NULL REFERENCES model(id),
    turn          INTEGER NOT NULL DEFAULT 1, -- from 1
    score         REAL NOT NULL,         -- as published: 0 or 1, 0..1, or 1..10
    cost          REAL,                  -- US dollars of this call, NULL unknown
    input_tokens  INTEGER,
    output_tokens INTEGER,
    response_bytes INTEGER,              -- UTF-8 bytes of the response; NULL where the source has none
    response_hash  BLOB,                 -- its SHA-256; the text, where kept, is in `response`
    source        INTEGER NOT NULL REFERENCES source(id),
    PRIMARY KEY (item, model, turn)
) STRICT, WITHOUT ROWID;

CREATE TABLE contaminated (           -- texts that evaluation leaves out (RouteLLM's contaminated_prompts.jsonl: eval_prompt)
    source INTEGER NOT NULL REFERENCES source(id),
    hash   BLOB NOT NULL,                -- SHA-256 of the text of one turn
    PRIMARY KEY (source, hash)
) STRICT, WITHOUT ROWID;

------------------------------------------------------------------ derived

CREATE TABLE embedder (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,         -- "text", "lsa64": --embedder
    kind   TEXT NOT NULL CHECK (kind IN ('text', 'npy')),
    dim    INTEGER NOT NULL,             -- width of its vectors
    sha256 TEXT,                         -- of the text model's file; NULL for vectors from elsewhere
    path   TEXT                          -- the text model's file when it was made
) STRICT;

CREATE TABLE embedding (
    id       INTEGER PRIMARY KEY,
    embedder INTEGER NOT NULL REFERENCES embedder(id),
    prompt   INTEGER NOT NULL REFERENCES prompt(id),
    vector   BLOB NOT NULL,              -- dim little-endian float32
    UNIQUE (embedder, prompt)
) STRICT;

------------------------------------------------------------------ results

CREATE TABLE run (                    -- one fit, eval or export
    id             INTEGER PRIMARY KEY,
    command        TEXT NOT NULL,        -- "fit mf"
    argv           TEXT NOT NULL,        -- JSON list, secrets removed
    options        TEXT NOT NULL,        -- JSON object: every option in force
    seed           INTEGER NOT NULL,
    version        TEXT NOT NULL,        -- routefit's
    blas           TEXT NOT NULL,        -- library, version, kernel
    threads        INTEGER NOT NULL,
    started_at     TEXT NOT NULL,        -- UTC, ISO 8601
    status         TEXT NOT NULL CHECK (status IN ('running', 'done', 'interrupted', 'failed')),
    seconds        REAL,                 -- wall time
    peak_rss       INTEGER,              -- bytes
    data_sha256    TEXT,                 -- fingerprint of the rows that went in
    weights_sha256 TEXT,                 -- of the weight file that came out
    output         TEXT                  -- its path
) STRICT;

CREATE TABLE train_log (              -- one row per epoch or solver pass
    run        INTEGER NOT NULL REFERENCES run(id),
    epoch      INTEGER NOT NULL,         -- from 1
    train_loss REAL NOT NULL,            -- mean log loss per pair, nats
    valid_loss REAL,                     -- the same on the validation pairs
    valid_accuracy REAL,                 -- share of validation pairs ranked right, 0..1
    seconds    REAL NOT NULL,            -- since the start of the fit
    PRIMARY KEY (run, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric (
    run    INTEGER NOT NULL REFERENCES run(id),
    bench  TEXT NOT NULL,
    router TEXT NOT NULL,                -- name of the router or baseline
    name   TEXT NOT NULL,                -- "apgr", "cpt50", "compat:apgr"
    value  REAL NOT NULL,
    low    REAL,                         -- ends of the 95% interval
    high   REAL,
    PRIMARY KEY (run, bench, router, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE curve (                  -- a router's curve, thinned to at most 201 points
    run          INTEGER NOT NULL REFERENCES run(id),
    bench        TEXT NOT NULL,
    router       TEXT NOT NULL,
    point        INTEGER NOT NULL,       -- from 0, by rising share
    strong_share REAL NOT NULL,          -- share of prompts that go to the strong model, 0..1
    quality      REAL NOT NULL,          -- mean score at that share
    threshold    REAL,                   -- win rate from which strong answers; NULL: none does
    PRIMARY KEY (run, bench, router, point)
) STRICT, WITHOUT ROWID;

CREATE TABLE rating (                 -- Bradley-Terry strength of a model
    run    INTEGER NOT NULL REFERENCES run(id),
    model  INTEGER NOT NULL REFERENCES model(id),
    rating REAL NOT NULL,                -- 400 / ln 10 * log-odds + 1000
    tier   INTEGER,                      -- 0 = strongest
    PRIMARY KEY (run, model)
) STRICT, WITHOUT ROWID;

------------------------------------------------------------------ views for people and notebooks

CREATE VIEW votes AS
    SELECT p.id, s.name AS source, p.line, p.key, p.prompt AS prompt_id, q.text AS prompt, q.turns, a.name AS model_a, b.name AS model_b, p.winner, p.judge, p.weight,
        p.response_a_bytes, x.text AS response_a, p.response_b_bytes, y.text AS response_b
    FROM preference p JOIN source s ON s.id = p.source JOIN model a ON a.id = p.model_a JOIN model b ON b.id = p.model_b
    LEFT JOIN prompt q ON q.id = p.prompt LEFT JOIN response x ON x.hash = p.response_a_hash LEFT JOIN response y ON y.hash = p.response_b_hash;

CREATE VIEW results AS
    SELECT i.id AS item, i.bench, i.task, i.key, s.name AS source, i.prompt AS prompt_id, q.text AS prompt, m.name AS model, r.turn, r.score, r.cost,
        r.response_bytes, x.text AS response
    FROM result r JOIN item i ON i.id = r.item JOIN source s ON s.id = r.source JOIN model m ON m.id = r.model
    LEFT JOIN prompt q ON q.id = i.prompt LEFT JOIN response x ON x.hash = r.response_hash;
