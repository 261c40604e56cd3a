-- Cross-validated fits: scores out of fold. And which prompts fitted which weights.

------------------------------------------------------------------ results

CREATE TABLE crossval (               -- one cross-validated fit; it stands under its name where eval takes a router
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,    -- "ngram:cv5"
    run         INTEGER NOT NULL REFERENCES run(id),
    folds       INTEGER NOT NULL,        -- >= 2
    tuned       INTEGER NOT NULL,        -- 1: its options were chosen on these folds, 0: they were not
    score_range REAL                     -- largest less smallest score that was learnt from; NULL: a router of one pair
) STRICT;

CREATE TABLE fold_score (             -- a prompt's score by the router that was fitted without the prompt's fold
    crossval INTEGER NOT NULL REFERENCES crossval(id),
    prompt   INTEGER NOT NULL REFERENCES prompt(id),
    fold     INTEGER NOT NULL,           -- from 0
    score    REAL,                       -- win rate, 0..1; NULL: a router among many models, see fold_prediction
    PRIMARY KEY (crossval, prompt)
) STRICT, WITHOUT ROWID;

CREATE TABLE fold_prediction (        -- the same of a router among many models
    crossval INTEGER NOT NULL REFERENCES crossval(id),
    prompt   INTEGER NOT NULL REFERENCES prompt(id),
    model    INTEGER NOT NULL REFERENCES model(id),
    score    REAL NOT NULL,              -- predicted, on the scale of the scores learnt from
    cost     REAL NOT NULL,              -- predicted, US dollars
    PRIMARY KEY (crossval, prompt, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE fit_data (               -- what fits went by, once for all fits on the same
    id     INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE          -- run.data_sha256, and routefit.data_sha256 of a weight file
) STRICT;

CREATE TABLE fit_prompt (             -- its prompts, those of the validation side included
    data   INTEGER NOT NULL REFERENCES fit_data(id),
    prompt INTEGER NOT NULL REFERENCES prompt(id),
    PRIMARY KEY (data, prompt)
) STRICT, WITHOUT ROWID;
