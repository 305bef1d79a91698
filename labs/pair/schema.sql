-- The pair's table. Safe to apply again.

CREATE TABLE IF NOT EXISTS data_table (
    id SERIAL,
    name TEXT
);

-- The probe that clocks outages writes here, so that it never mixes with the traffic's rows.
CREATE TABLE IF NOT EXISTS chaoslab_probe (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    written_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

-- Says which run wrote the row, and its number, so that it can be looked for afterwards; tables of before lack it.
ALTER TABLE chaoslab_probe ADD COLUMN IF NOT EXISTS name TEXT;
