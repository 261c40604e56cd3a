-- Judge labels, prompts known by a name, prices, other routers' scores, aliases; splits and overlaps; rejects by column.

------------------------------------------------------------------ truth

DROP VIEW votes;

CREATE TABLE preference_new (         -- one verdict on two answers
    id         INTEGER PRIMARY KEY,
    source     INTEGER NOT NULL REFERENCES source(id),
    line       INTEGER NOT NULL,         -- physical line in the source
    origin     TEXT NOT NULL,            -- the space in which key is unique: "lmsys-arena-55k"
    key        TEXT,                     -- the source's own id of the pair (may exceed 2^31), NULL where it has none
    prompt     INTEGER REFERENCES prompt(id), -- NULL where the source has no prompt text
    model_a    INTEGER NOT NULL REFERENCES model(id),
    model_b    INTEGER NOT NULL REFERENCES model(id),
    winner     TEXT CHECK (winner = 'a' OR winner = 'b' OR winner = 'tie' OR winner = 'bothbad'), -- NULL: the judge's reply could not be read
    judge      TEXT NOT NULL,            -- 'human', or the name of the judging model
    weight     REAL,                     -- strength of the verdict as the source gives it, NULL = 1
    shown_first TEXT CHECK (shown_first = 'a' OR shown_first = 'b'), -- presentation order where known: model_a and model_b do not turn with it
    score_a    REAL,                     -- what the judge gave the answers, on the source's scale; NULL: the source has none
    score_b    REAL,
    task       TEXT,                     -- category of the pair as the source names it: "mmlu-pro-law", "adversarial/GPTOut"
    response_a_bytes INTEGER,            -- UTF-8 bytes of what model_a said, over all turns; NULL where the source has no response
    response_a_hash  BLOB,               -- its SHA-256, by the rule of prompt.hash; the text, where kept, is in `response`
    response_b_bytes INTEGER,
    response_b_hash  BLOB
) STRICT;
INSERT INTO preference_new (id, source, line, origin, key, prompt, model_a, model_b, winner, judge, weight, shown_first, response_a_bytes, response_a_hash, response_b_bytes, response_b_hash)
    SELECT id, source, line, origin, key, prompt, model_a, model_b, winner, judge, weight, shown_first, response_a_bytes, response_a_hash, response_b_bytes, response_b_hash FROM preference;
DROP TABLE preference;
ALTER TABLE preference_new RENAME TO preference;
CREATE UNIQUE INDEX preference_key ON preference(origin, key, judge, coalesce(shown_first, '')) WHERE key IS NOT NULL; -- a judge may see a pair in both orders

CREATE TABLE prompt_key (             -- the names under which files refer to a prompt whose text stands in another file
    key    TEXT PRIMARY KEY,             -- "<family>/<id>": "vicuna/12"
    prompt INTEGER NOT NULL REFERENCES prompt(id)
) STRICT, WITHOUT ROWID;

CREATE TABLE price (                  -- what a provider asks for a model, in US dollars; lists stand side by side
    source     INTEGER NOT NULL REFERENCES source(id), -- the list
    model      TEXT NOT NULL,            -- as the list writes it: not every priced model is one that was measured
    provider   TEXT,                     -- as the list writes it; NULL where it names none
    input      REAL,                     -- per input token, >= 0; NULL: not given
    output     REAL,                     -- per output token
    request    REAL,                     -- per request; NULL: not given
    valid_from TEXT,                     -- ISO 8601 date from which it holds; NULL: not said
    line       INTEGER NOT NULL
) STRICT;
CREATE INDEX price_model ON price(model);

CREATE TABLE external_score (         -- another router's win rate for a prompt
    source INTEGER NOT NULL REFERENCES source(id),
    router TEXT NOT NULL,                -- its name
    prompt INTEGER NOT NULL REFERENCES prompt(id),
    score  REAL NOT NULL,                -- the higher, the sooner the strong model; 0..1 for win rates
    PRIMARY KEY (router, prompt)
) STRICT, WITHOUT ROWID;

CREATE TABLE alias (                  -- names that the user declared to be one model; nothing is guessed
    name      TEXT PRIMARY KEY,          -- as some file writes it
    known_as  TEXT NOT NULL CHECK (known_as <> name) -- the name under which it is counted
) STRICT, WITHOUT ROWID;

ALTER TABLE dropped RENAME COLUMN detail TO found; -- what was found there
ALTER TABLE dropped ADD COLUMN field TEXT;         -- column or key of the fault; NULL: the row as a whole
ALTER TABLE dropped ADD COLUMN expected TEXT;      -- what would have been right

------------------------------------------------------------------ derived

CREATE TABLE split (                  -- a division of prompts, duplicates kept together
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    seed    INTEGER NOT NULL,
    options TEXT NOT NULL,               -- JSON object: what was divided, into which shares, by which groups
    made_at TEXT NOT NULL                -- UTC, ISO 8601
) STRICT;

CREATE TABLE split_prompt (
    split  INTEGER NOT NULL REFERENCES split(id),
    prompt INTEGER NOT NULL REFERENCES prompt(id),
    part   TEXT NOT NULL,                -- "train", "valid", "test", or a fold: "0", "1", ...
    PRIMARY KEY (split, prompt)
) STRICT, WITHOUT ROWID;

CREATE TABLE overlap (                -- pairs of prompts that are the same question, or nearly
    run        INTEGER NOT NULL REFERENCES run(id),
    prompt_a   INTEGER NOT NULL REFERENCES prompt(id),
    prompt_b   INTEGER NOT NULL REFERENCES prompt(id),
    kind       TEXT NOT NULL CHECK (kind IN ('exact', 'normalised', 'near', 'cosine')),
    similarity REAL NOT NULL,            -- 1, Jaccard of n-grams, or cosine
    PRIMARY KEY (run, prompt_a, prompt_b, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE leave_out (              -- questions that evaluation leaves out because other data holds them
    bench      TEXT NOT NULL,
    prompt     INTEGER NOT NULL REFERENCES prompt(id),
    kind       TEXT NOT NULL,            -- as overlap.kind
    similarity REAL NOT NULL,
    against    TEXT NOT NULL,            -- the set that holds it: "votes"
    run        INTEGER NOT NULL REFERENCES run(id),
    PRIMARY KEY (bench, prompt)
) STRICT, WITHOUT ROWID;

------------------------------------------------------------------ views for people and notebooks

CREATE VIEW model_name AS             -- every model with the name under which it is counted
    SELECT m.id, m.name, coalesce(a.known_as, m.name) AS known_as FROM model m LEFT JOIN alias a ON a.name = m.name;

CREATE VIEW votes AS
    SELECT p.id, s.name AS source, p.line, p.origin, p.key, p.task, p.prompt AS prompt_id, q.text AS prompt, q.turns, a.name AS model_a, b.name AS model_b, p.winner,
        p.judge, p.weight, p.shown_first, p.score_a, p.score_b, p.response_a_bytes, x.text AS response_a, p.response_b_bytes, y.text AS response_b
    FROM preference p JOIN source s ON s.id = p.source JOIN model a ON a.id = p.model_a JOIN model b ON b.id = p.model_b
    LEFT JOIN prompt q ON q.id = p.prompt LEFT JOIN response x ON x.hash = p.response_a_hash LEFT JOIN response y ON y.hash = p.response_b_hash;
