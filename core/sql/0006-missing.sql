-- How many results of a file have no score.

ALTER TABLE source ADD COLUMN missing INTEGER NOT NULL DEFAULT 0; -- rows or cells whose score is blank: nothing is stored of them
