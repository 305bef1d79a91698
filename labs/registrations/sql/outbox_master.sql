-- The right way, at the master: what the shards' outboxes say is applied as it comes, once, whatever comes twice.

DROP FUNCTION sync_all_remapped, sync_registrations_remapped, sync_sections_from_shard, sync_students_from_shard;

ALTER TABLE students ADD UNIQUE (student_code);
ALTER TABLE sections ADD UNIQUE (course_code, term, section_no);
ALTER TABLE students_map ADD PRIMARY KEY (shard, shard_stno), ADD UNIQUE (shard, master_stno);
ALTER TABLE sections_map ADD PRIMARY KEY (shard, shard_sec_no), ADD UNIQUE (shard, master_sec_no);
ALTER TABLE registrations
  ADD CONSTRAINT one_of_a_request UNIQUE (shard, request_id),
  ADD CONSTRAINT once_in_a_section UNIQUE (stno, sec_no);

-- Where replication brings the rows: nothing is ever kept in it.
CREATE TABLE outbox (
  request_id uuid NOT NULL,
  shard text NOT NULL,
  reg_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  stno int NOT NULL,
  student_code text NOT NULL,
  full_name text NOT NULL,
  birth_date date NOT NULL,
  u_id int NOT NULL,
  sec_no int NOT NULL,
  course_code text NOT NULL,
  title text NOT NULL,
  term text NOT NULL,
  section_no text NOT NULL,
  ins_id int NOT NULL
);

-- What goes back to the shards, each its own: a row is written and removed at once, its insertion is what is published.
CREATE TABLE acks (shard text NOT NULL, request_id uuid NOT NULL, synced_at timestamptz NOT NULL);

CREATE FUNCTION acknowledge(which text, request uuid, at timestamptz) RETURNS void
LANGUAGE sql SET search_path = public AS $$
  INSERT INTO acks VALUES (which, request, at);
  DELETE FROM acks WHERE request_id = request;
$$;

CREATE FUNCTION master_student(r outbox) RETURNS int LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
  found_no int := (SELECT master_stno FROM students_map WHERE shard = r.shard AND shard_stno = r.stno);
BEGIN
  IF found_no IS NOT NULL THEN RETURN found_no; END IF;
  INSERT INTO students (student_code, full_name, birth_date, u_id)
    SELECT r.student_code, r.full_name, r.birth_date, r.u_id
    WHERE NOT EXISTS (SELECT FROM students WHERE student_code = r.student_code) ON CONFLICT DO NOTHING;
  SELECT stno INTO STRICT found_no FROM students WHERE student_code = r.student_code;
  INSERT INTO students_map VALUES (r.shard, r.stno, found_no) ON CONFLICT (shard, shard_stno) DO NOTHING;
  RETURN found_no;
END
$$;

CREATE FUNCTION master_section(r outbox) RETURNS int LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
  found_no int := (SELECT master_sec_no FROM sections_map WHERE shard = r.shard AND shard_sec_no = r.sec_no);
BEGIN
  IF found_no IS NOT NULL THEN RETURN found_no; END IF;
  INSERT INTO sections (course_code, title, term, section_no, ins_id)
    SELECT r.course_code, r.title, r.term, r.section_no, r.ins_id WHERE NOT EXISTS (SELECT FROM sections
      WHERE (course_code, term, section_no) = (r.course_code, r.term, r.section_no)) ON CONFLICT DO NOTHING;
  SELECT sec_no INTO STRICT found_no FROM sections
    WHERE (course_code, term, section_no) = (r.course_code, r.term, r.section_no);
  INSERT INTO sections_map VALUES (r.shard, r.sec_no, found_no) ON CONFLICT (shard, shard_sec_no) DO NOTHING;
  RETURN found_no;
END
$$;

-- The registration, its maps and its acknowledgement, in the transaction of whoever calls. The key is (shard, request):
-- a shard's own numbers may come again when it has failed over, and a request that it lost and was sent again has another.
-- Where a shard has lost a registration and its student has registered once more, the new one takes the place of the old.
CREATE FUNCTION apply_registration(r outbox) RETURNS void LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
  at timestamptz := (SELECT synced_at FROM registrations WHERE shard = r.shard AND request_id = r.request_id);
BEGIN
  IF at IS NULL THEN
    at := clock_timestamp();
    INSERT INTO registrations AS mine (stno, sec_no, created_at, synced_at, shard, shard_reg_id, request_id)
      VALUES (master_student(r), master_section(r), r.created_at, at, r.shard, r.reg_id, r.request_id)
      ON CONFLICT (stno, sec_no) DO UPDATE SET created_at = excluded.created_at, synced_at = excluded.synced_at,
        shard_reg_id = excluded.shard_reg_id, request_id = excluded.request_id
      WHERE mine.request_id <> excluded.request_id;
  ELSE
    UPDATE registrations SET created_at = r.created_at, shard_reg_id = r.reg_id
      WHERE shard = r.shard AND request_id = r.request_id AND shard_reg_id <> r.reg_id;
  END IF;
  PERFORM acknowledge(r.shard, r.request_id, at);
END
$$;

CREATE FUNCTION take_registration() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  PERFORM apply_registration(NEW);
  RETURN NULL;
END
$$;
CREATE TRIGGER take_registration BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION take_registration();
ALTER TABLE outbox ENABLE REPLICA TRIGGER take_registration;

CREATE FUNCTION publish_acks(which text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'acks_' || which) THEN
    EXECUTE format('CREATE PUBLICATION %I FOR TABLE acks WHERE (shard = %L) WITH (publish = ''insert'')',
      'acks_' || which, which);
  END IF;
END
$$;

-- Listens to a shard, if it does not yet. The slot `to_master` has to be there.
CREATE FUNCTION subscribe_to_shard(which text, connection text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_subscription WHERE subname = 'from_' || which) THEN RETURN; END IF;
  EXECUTE format('CREATE SUBSCRIPTION %I CONNECTION %L PUBLICATION to_master WITH (create_slot = false, '
    'slot_name = ''to_master'', copy_data = false, synchronous_commit = ''on'')', 'from_' || which, connection);
END
$$;

-- Which of the server's histories this is: another one when a standby has taken over.
CREATE FUNCTION timeline() RETURNS int LANGUAGE sql AS $$
  SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
$$;

-- Of which history the master, and each shard, was when they were compared last: another one may lack what this one had.
CREATE TABLE compared (
  shard text PRIMARY KEY,
  shard_timeline int NOT NULL,
  master_timeline int NOT NULL,
  at timestamptz NOT NULL
);

-- Compares a shard with the master, whatever replication has done or left undone, and mends: what the master lacks is
-- applied, what the shard does not know to be there is acknowledged. What only the master has is counted, and kept.
-- What the master has is read first: it cannot have come from later than the shard is read. The shard's timeline is that
-- of before. One comparison of a shard at a time.
CREATE FUNCTION resync_shard(which text, their_timeline int) RETURNS TABLE (missing int, unmarked int, lost_on_shard int)
LANGUAGE plpgsql AS $$
DECLARE
  tag text := (SELECT s.tag FROM shards s WHERE shard = which);
  each outbox;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('resync ' || which, 0));
  CREATE TEMP TABLE IF NOT EXISTS here (request_id uuid, reg_id bigint, synced_at timestamptz) ON COMMIT DROP;
  CREATE TEMP TABLE IF NOT EXISTS there (LIKE public.outbox, synced_at timestamptz) ON COMMIT DROP;
  TRUNCATE here, there;
  INSERT INTO here SELECT r.request_id, r.shard_reg_id, r.synced_at FROM registrations r WHERE shard = which;
  EXECUTE format('INSERT INTO there
    SELECT r.request_id, $1, r.reg_id, r.created_at, stno, s.student_code, s.full_name, s.birth_date, s.u_id,
      sec_no, c.course_code, c.title, c.term, c.section_no, c.ins_id, r.synced_at
    FROM %I r JOIN %I s USING (stno) JOIN %I c USING (sec_no)',
    'registrations_' || tag, 'students_' || tag, 'sections_' || tag) USING which;
  SELECT count(*) INTO lost_on_shard FROM here h
    WHERE NOT EXISTS (SELECT FROM there t WHERE t.request_id = h.request_id);
  SELECT count(*) INTO unmarked FROM there t JOIN here h USING (request_id, reg_id) WHERE t.synced_at IS NULL;
  PERFORM acknowledge(which, request_id, h.synced_at)
    FROM there t JOIN here h USING (request_id, reg_id) WHERE t.synced_at IS NULL;
  missing := 0;
  FOR each IN SELECT t.request_id, t.shard, t.reg_id, t.created_at, t.stno, t.student_code, t.full_name, t.birth_date,
      t.u_id, t.sec_no, t.course_code, t.title, t.term, t.section_no, t.ins_id FROM there t
    WHERE NOT EXISTS (SELECT FROM registrations m
      WHERE (m.shard, m.request_id, m.shard_reg_id) = (which, t.request_id, t.reg_id))
    ORDER BY t.created_at
  LOOP
    PERFORM apply_registration(each);
    missing := missing + 1;
  END LOOP;
  INSERT INTO compared VALUES (which, their_timeline, timeline(), clock_timestamp())
    ON CONFLICT (shard) DO UPDATE SET (shard_timeline, master_timeline, at) =
      (excluded.shard_timeline, excluded.master_timeline, excluded.at);
  RETURN NEXT;
END
$$;
