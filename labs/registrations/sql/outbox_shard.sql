-- The right way, on a shard: a registration and what tells of it are one transaction; PostgreSQL's own logical
-- replication carries it to the master, in the order of commits, and brings the acknowledgement back.

ALTER TABLE registrations
  ADD CONSTRAINT one_of_a_request UNIQUE (request_id),
  ADD CONSTRAINT once_in_a_section UNIQUE (stno, sec_no);

-- All that the master needs to know, so that it need not ask. A row stays until the master has acknowledged it.
CREATE TABLE outbox (
  request_id uuid PRIMARY KEY,
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
CREATE PUBLICATION to_master FOR TABLE outbox WITH (publish = 'insert');

-- Held from before a registration is written until everybody can see it. Replication tells of a commit as soon as it is
-- on disk, and the acknowledgement may be back before the row is visible here: it waits for this.
CREATE FUNCTION lock_request(request uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(request::text, 0))
$$;

-- One statement, so that nobody who lost the answer has to wonder in which of several it was lost: it was done or not,
-- and the same request again says which. The section is locked first: seats are counted by one at a time.
CREATE FUNCTION register_student(request uuid, student text, section text)
RETURNS TABLE (outcome text, by_request uuid, reg_id bigint, created_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  who students;
  what sections;
  before registrations;
  made registrations;
BEGIN
  PERFORM lock_request(request);
  SELECT * INTO who FROM students WHERE student_code = student;
  IF NOT FOUND THEN outcome := 'unknown-student'; RETURN NEXT; RETURN; END IF;
  SELECT * INTO what FROM sections WHERE section_code = section FOR NO KEY UPDATE;
  IF NOT FOUND THEN outcome := 'unknown-section'; RETURN NEXT; RETURN; END IF;
  SELECT * INTO before FROM registrations WHERE request_id = request;
  IF FOUND THEN
    RETURN QUERY SELECT CASE WHEN (before.stno, before.sec_no) = (who.stno, what.sec_no)
      THEN 'again' ELSE 'request-reused' END, request, before.reg_id, before.created_at;
    RETURN;
  END IF;
  SELECT * INTO before FROM registrations WHERE (stno, sec_no) = (who.stno, what.sec_no);
  IF FOUND THEN
    RETURN QUERY SELECT 'already-registered', before.request_id, before.reg_id, before.created_at;
    RETURN;
  END IF;
  IF (SELECT count(*) FROM registrations WHERE sec_no = what.sec_no) >= what.capacity THEN
    outcome := 'section-full';
    RETURN NEXT;
    RETURN;
  END IF;
  INSERT INTO registrations (request_id, stno, sec_no) VALUES (request, who.stno, what.sec_no) RETURNING * INTO made;
  INSERT INTO outbox SELECT request, (SELECT name FROM this_shard), made.reg_id, made.created_at,
    who.stno, who.student_code, who.full_name, who.birth_date, who.u_id,
    what.sec_no, what.course_code, what.title, what.term, what.section_no, what.ins_id;
  RETURN QUERY SELECT 'registered', request, made.reg_id, made.created_at;
END
$$;

-- What comes back: nothing is ever kept in this table, its rows are taken as they come.
CREATE TABLE acks (shard text NOT NULL, request_id uuid NOT NULL, synced_at timestamptz NOT NULL);

CREATE FUNCTION take_ack() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  PERFORM lock_request(NEW.request_id);
  UPDATE registrations SET synced_at = NEW.synced_at WHERE request_id = NEW.request_id AND synced_at IS NULL;
  DELETE FROM outbox WHERE request_id = NEW.request_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER take_ack BEFORE INSERT ON acks FOR EACH ROW EXECUTE FUNCTION take_ack();
ALTER TABLE acks ENABLE REPLICA TRIGGER take_ack;

-- Which of the server's histories this is: another one when a standby has taken over.
CREATE FUNCTION timeline() RETURNS int LANGUAGE sql AS $$
  SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
$$;

-- Listens to the master, if it does not yet. The slot has to be there.
CREATE FUNCTION subscribe_to_master(connection text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_subscription WHERE subname = 'acks_from_master') THEN RETURN; END IF;
  EXECUTE format('CREATE SUBSCRIPTION acks_from_master CONNECTION %L PUBLICATION %I WITH (create_slot = false, '
    'slot_name = %L, copy_data = false, synchronous_commit = ''on'')', connection,
    'acks_' || (SELECT name FROM this_shard), 'acks_' || (SELECT name FROM this_shard));
END
$$;
