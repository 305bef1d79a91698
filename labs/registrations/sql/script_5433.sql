-- The shard of the public universities, 1 to 10.
\set shard public
\set first 1
\set last 10
\ir shard.sql
