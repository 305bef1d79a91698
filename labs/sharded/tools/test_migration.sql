-- A migration as an example: a table, a column, an index, and rows, in every database or in none.
CREATE TABLE test_migration (
  id serial PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE test_migration ADD COLUMN note text;
CREATE INDEX test_migration_name ON test_migration (name);
INSERT INTO test_migration (name, note) VALUES ('first', 'on every shard'), ('second', 'or on none');
UPDATE test_migration SET note = upper(note) WHERE name = 'first';
