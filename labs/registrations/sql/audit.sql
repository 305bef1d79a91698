-- The counts that matter, by plain SQL, at the master, through its foreign tables: psql -f audit.sql
-- Ask when nothing is on its way: what has not been brought over yet is not at the master either.
-- A third shard is two more lines of the first view.

CREATE TEMP VIEW on_shards AS
  SELECT 'public' AS shard, request_id, reg_id, sec_no, synced_at FROM registrations_5433
  UNION ALL SELECT 'private', request_id, reg_id, sec_no, synced_at FROM registrations_5434;
CREATE TEMP VIEW seats AS
  SELECT 'public' AS shard, sec_no, capacity FROM sections_5433
  UNION ALL SELECT 'private', sec_no, capacity FROM sections_5434;

SELECT 'missing_at_master' AS figure, count(*) AS n FROM on_shards s
  WHERE NOT EXISTS (SELECT FROM registrations m WHERE (m.shard, m.shard_reg_id, m.request_id) = (s.shard, s.reg_id, s.request_id))
UNION ALL
SELECT 'synced_but_absent', count(*) FROM on_shards s WHERE s.synced_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM registrations m WHERE (m.shard, m.shard_reg_id, m.request_id) = (s.shard, s.reg_id, s.request_id))
UNION ALL
SELECT 'present_but_unmarked', count(*) FROM on_shards s WHERE s.synced_at IS NULL
  AND EXISTS (SELECT FROM registrations m WHERE (m.shard, m.shard_reg_id, m.request_id) = (s.shard, s.reg_id, s.request_id))
UNION ALL
SELECT 'duplicates_at_master', coalesce(sum(n - 1), 0) FROM (
  SELECT count(*) AS n FROM registrations JOIN students USING (stno) JOIN sections USING (sec_no)
  GROUP BY student_code, course_code, term, section_no) d
UNION ALL
SELECT 'lost_on_shard', count(*) FROM registrations m
  WHERE NOT EXISTS (SELECT FROM on_shards s WHERE (s.shard, s.request_id) = (m.shard, m.request_id))
UNION ALL
SELECT 'overbooked_sections', count(*) FROM (
  SELECT FROM on_shards JOIN seats USING (shard, sec_no) GROUP BY shard, sec_no, capacity HAVING count(*) > capacity) o
UNION ALL
SELECT 'map_conflicts', count(*) FROM (
  SELECT FROM students_map GROUP BY shard, shard_stno HAVING count(DISTINCT master_stno) > 1
  UNION ALL SELECT FROM students_map GROUP BY shard, master_stno HAVING count(DISTINCT shard_stno) > 1
  UNION ALL SELECT FROM sections_map GROUP BY shard, shard_sec_no HAVING count(DISTINCT master_sec_no) > 1
  UNION ALL SELECT FROM sections_map GROUP BY shard, master_sec_no HAVING count(DISTINCT shard_sec_no) > 1) c;
