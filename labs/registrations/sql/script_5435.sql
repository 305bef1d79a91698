-- A third shard, of five colleges: this file, and an entry in the application's configuration, are all it takes.
\set shard colleges
\set first 21
\set last 25
\ir shard.sql
