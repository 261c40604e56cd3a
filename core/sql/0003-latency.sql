-- How long an answer took.

ALTER TABLE result ADD COLUMN latency REAL; -- seconds from the request to the whole answer, >= 0; NULL: not said

DROP VIEW results;
CREATE VIEW results AS
    SELECT i.id AS item, i.bench, i.task, i.key, s.name AS source, i.prompt AS prompt_id, q.text AS prompt, m.name AS model, r.turn, r.score, r.cost,
        r.input_tokens, r.output_tokens, r.latency, r.response_bytes, x.text AS response
    FROM result r JOIN item i ON i.id = r.item JOIN source s ON s.id = r.source JOIN model m ON m.id = r.model
    LEFT JOIN prompt q ON q.id = i.prompt LEFT JOIN response x ON x.hash = r.response_hash;
