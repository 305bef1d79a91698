-- The shard of the private universities, 11 to 20.
\set shard private
\set first 11
\set last 20
\ir shard.sql
