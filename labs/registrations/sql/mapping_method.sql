-- The master's view of the shards (foreign servers and tables), whose keys are which (maps), and the seed's way to bring
-- registrations over: functions that read the shards through postgres_fdw, and mark there what they have taken.

CREATE TABLE shards (shard text PRIMARY KEY, tag text NOT NULL UNIQUE);

CREATE TABLE students_map (shard text NOT NULL, shard_stno int NOT NULL, master_stno int NOT NULL REFERENCES students);
CREATE TABLE sections_map (shard text NOT NULL, shard_sec_no int NOT NULL, master_sec_no int NOT NULL REFERENCES sections);
CREATE INDEX ON students_map (shard, shard_stno);
CREATE INDEX ON sections_map (shard, shard_sec_no);

-- Declares a shard that is not declared yet: fdw_5433, students_5433, sections_5433, registrations_5433. The sessions that
-- one sync has on the shards go by one name, the process of the master's that they belong to.
CREATE FUNCTION add_shard(
  which text, tag text, host text, port int, dbname text, username text, password text, first int, last int
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  server text := 'fdw_' || tag;
BEGIN
  INSERT INTO shards VALUES (which, add_shard.tag) ON CONFLICT DO NOTHING;
  INSERT INTO universities SELECT * FROM sample.universities(first, last) ON CONFLICT DO NOTHING;
  IF EXISTS (SELECT FROM pg_foreign_server WHERE srvname = server) THEN RETURN; END IF;
  EXECUTE format('CREATE SERVER %I FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L, '
    'connect_timeout ''2'', tcp_user_timeout ''5000'', fetch_size ''2000'', application_name ''sync %%p'')',
    server, host, port, dbname);
  EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER %I OPTIONS (user %L, password %L)',
    server, username, password);
  EXECUTE format('CREATE FOREIGN TABLE %I (stno int, student_code text, full_name text, birth_date date, u_id int) '
    'SERVER %I OPTIONS (table_name ''students'')', 'students_' || tag, server);
  EXECUTE format('CREATE FOREIGN TABLE %I (sec_no int, course_code text, title text, term text, section_no text, '
    'ins_id int, capacity int) SERVER %I OPTIONS (table_name ''sections'')', 'sections_' || tag, server);
  EXECUTE format('CREATE FOREIGN TABLE %I (reg_id bigint, request_id uuid, stno int, sec_no int, '
    'created_at timestamptz, synced_at timestamptz) SERVER %I OPTIONS (table_name ''registrations'')',
    'registrations_' || tag, server);
END
$$;

-- What the master is told when it asks a shard; null when all is well.
CREATE FUNCTION shard_trouble(which text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
  detail text;
BEGIN
  EXECUTE format('SELECT FROM %I LIMIT 1', 'sections_' || (SELECT tag FROM shards WHERE shard = which));
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(': ', said, nullif(detail, ''));
END
$$;

CREATE FUNCTION sync_students_from_shard(which text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  theirs text := 'students_' || (SELECT tag FROM shards WHERE shard = which);
BEGIN
  EXECUTE format('INSERT INTO students (student_code, full_name, birth_date, u_id)
    SELECT f.student_code, f.full_name, f.birth_date, f.u_id FROM %I f
    WHERE NOT EXISTS (SELECT FROM students s WHERE s.student_code = f.student_code)', theirs);
  EXECUTE format('INSERT INTO students_map
    SELECT $1, f.stno, s.stno FROM %I f JOIN students s USING (student_code)
    WHERE NOT EXISTS (SELECT FROM students_map m WHERE m.shard = $1 AND m.shard_stno = f.stno)', theirs) USING which;
END
$$;

-- Which section it is: course, term and number. Not the instructor: shards number those each for itself, and the same
-- section would come again and again.
CREATE FUNCTION sync_sections_from_shard(which text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  theirs text := 'sections_' || (SELECT tag FROM shards WHERE shard = which);
BEGIN
  EXECUTE format('INSERT INTO sections (course_code, title, term, section_no, ins_id)
    SELECT f.course_code, f.title, f.term, f.section_no, f.ins_id FROM %I f
    WHERE NOT EXISTS (SELECT FROM sections s
      WHERE (s.course_code, s.term, s.section_no) = (f.course_code, f.term, f.section_no))', theirs);
  EXECUTE format('INSERT INTO sections_map
    SELECT $1, f.sec_no, s.sec_no FROM %I f JOIN sections s USING (course_code, term, section_no)
    WHERE NOT EXISTS (SELECT FROM sections_map m WHERE m.shard = $1 AND m.shard_sec_no = f.sec_no)', theirs)
    USING which;
END
$$;

-- Brings what is not marked on any shard to the master, and marks it there. postgres_fdw commits on each shard before
-- the master commits, and prepares nothing: who dies in between has marked what nobody has.
CREATE FUNCTION sync_registrations_remapped() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  each shards;
  sync_ts timestamptz;
  brought int := 0;
  here int;
BEGIN
  FOR each IN SELECT * FROM shards ORDER BY tag LOOP
    PERFORM sync_students_from_shard(each.shard);
    PERFORM sync_sections_from_shard(each.shard);
    sync_ts := clock_timestamp();
    EXECUTE format('INSERT INTO registrations (stno, sec_no, created_at, synced_at, shard, shard_reg_id, request_id)
      SELECT st.master_stno, se.master_sec_no, r.created_at, $2, $1, r.reg_id, r.request_id
      FROM %I r
      JOIN students_map st ON st.shard = $1 AND st.shard_stno = r.stno
      JOIN sections_map se ON se.shard = $1 AND se.shard_sec_no = r.sec_no
      WHERE r.synced_at IS NULL', 'registrations_' || each.tag) USING each.shard, sync_ts;
    GET DIAGNOSTICS here = ROW_COUNT;
    EXECUTE format('UPDATE %I SET synced_at = $1 WHERE synced_at IS NULL', 'registrations_' || each.tag) USING sync_ts;
    brought := brought + here;
  END LOOP;
  RETURN brought;
END
$$;

CREATE FUNCTION sync_all_remapped() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  each shards;
BEGIN
  FOR each IN SELECT * FROM shards ORDER BY tag LOOP
    PERFORM sync_students_from_shard(each.shard);
    PERFORM sync_sections_from_shard(each.shard);
  END LOOP;
  RETURN sync_registrations_remapped();
END
$$;
