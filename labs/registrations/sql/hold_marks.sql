-- On a shard, for who wants to kill the master at the worst moment: whoever commits a mark waits while somebody holds
-- the advisory lock 4242. A session that has lost its client notices that (client_connection_check_interval), and
-- takes everything back.
CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4242);
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER wait_at_commit AFTER UPDATE OF synced_at ON registrations
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
ALTER TABLE registrations ENABLE ALWAYS TRIGGER wait_at_commit;
