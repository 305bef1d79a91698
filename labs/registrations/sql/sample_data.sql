-- Sample data, made by a seed: the same words give the same rows on every server, so that shards and master agree
-- without a word between them. Each server numbers them in an order of its own.

CREATE SCHEMA sample;

CREATE FUNCTION sample.pick(n int, VARIADIC words text[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT (abs(hashtextextended(array_to_string(words, '|'), 2026) % n))::int
$$;
COMMENT ON FUNCTION sample.pick IS 'A number from 0 to n - 1, always the same for the same words; 2026 is the seed';

CREATE FUNCTION sample.universities(first int, last int) RETURNS TABLE (u_id int, u_name text)
LANGUAGE sql IMMUTABLE AS $$
  SELECT u, coalesce((ARRAY[
    'Đại học Bách khoa Hà Nội', 'Đại học Quốc gia Hà Nội', 'Đại học Kinh tế Quốc dân', 'Đại học Sư phạm Hà Nội',
    'Đại học Cần Thơ', 'Đại học Đà Nẵng', 'Đại học Huế', 'Đại học Bách khoa TP. Hồ Chí Minh',
    'Đại học Nông Lâm TP. Hồ Chí Minh', 'Đại học Tôn Đức Thắng',
    'Đại học FPT', 'Đại học Văn Lang', 'Đại học Hoa Sen', 'Đại học Duy Tân', 'Đại học Quốc tế Hồng Bàng',
    'Đại học Nguyễn Tất Thành', 'Đại học Thăng Long', 'Đại học Phenikaa', 'Đại học Lạc Hồng',
    'Đại học Công nghệ TP. Hồ Chí Minh'
  ])[u], 'Đại học số ' || u)
  FROM generate_series(first, last) u
$$;

-- A hundred of each university. The first two digits of a student's code are the university's number.
CREATE FUNCTION sample.students(first int, last int)
RETURNS TABLE (student_code text, full_name text, birth_date date, u_id int)
LANGUAGE sql IMMUTABLE AS $$
  SELECT code,
    concat_ws(' ',
      (ARRAY['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Huỳnh', 'Phan', 'Vũ', 'Võ', 'Đặng', 'Bùi', 'Đỗ', 'Hồ', 'Ngô',
             'Dương', 'Lý', 'Đinh', 'Mai', 'Trịnh', 'Đoàn'])[1 + sample.pick(20, 'family', code)],
      (ARRAY['Văn', 'Thị', 'Hữu', 'Minh', 'Ngọc', 'Quang', 'Thanh', 'Đức', 'Thu', 'Hồng', 'Xuân', 'Gia',
             'Khánh', 'Bảo', 'Kim', 'Phương'])[1 + sample.pick(16, 'middle', code)],
      (ARRAY['An', 'Anh', 'Bình', 'Châu', 'Chi', 'Cường', 'Dũng', 'Dương', 'Đạt', 'Giang', 'Hà', 'Hải', 'Hạnh', 'Hiếu',
             'Hoa', 'Hùng', 'Hương', 'Huy', 'Khoa', 'Lan', 'Linh', 'Long', 'Mai', 'Nam', 'Nga', 'Ngân', 'Nhung',
             'Phúc', 'Quân', 'Quỳnh', 'Sơn', 'Tâm', 'Thảo', 'Thắng', 'Thủy', 'Trang', 'Trung', 'Tú', 'Tuấn',
             'Vy'])[1 + sample.pick(40, 'given', code)]),
    date '2003-01-01' + sample.pick(1460, 'birth', code),
    u
  FROM generate_series(first, last) u, generate_series(1, 100) i,
    LATERAL (SELECT 'SV' || lpad(u::text, 2, '0') || lpad(i::text, 3, '0') AS code) c
$$;

CREATE FUNCTION sample.courses() RETURNS TABLE (i bigint, course_code text, title text)
LANGUAGE sql IMMUTABLE AS $$
  SELECT row_number() OVER (), * FROM (VALUES
    ('INT1001', 'Nhập môn lập trình'), ('INT1002', 'Cấu trúc dữ liệu và giải thuật'), ('INT1003', 'Cơ sở dữ liệu'),
    ('INT1004', 'Hệ điều hành'), ('INT1005', 'Mạng máy tính'), ('INT1006', 'Hệ phân tán'),
    ('MAT1001', 'Giải tích 1'), ('MAT1002', 'Đại số tuyến tính'), ('MAT1003', 'Xác suất thống kê'),
    ('PHY1001', 'Vật lý đại cương'), ('ECO1001', 'Kinh tế vi mô'), ('LAW1001', 'Pháp luật đại cương'),
    ('PHI1001', 'Triết học Mác – Lênin'), ('ENG1001', 'Tiếng Anh học thuật')
  ) c
$$;

-- Fourteen of each university (U07), and twenty that are open to students of every shard (LT03, liên trường). Those
-- are on every shard, each with seats of its own, so that no shard has to ask another whether one is left.
CREATE FUNCTION sample.sections(first int, last int)
RETURNS TABLE (course_code text, title text, term text, section_no text, capacity int)
LANGUAGE sql IMMUTABLE AS $$
  SELECT course_code, title, '20261', 'U' || lpad(u::text, 2, '0'), CASE course_code WHEN 'PHI1001' THEN 3 ELSE 500 END
  FROM sample.courses(), generate_series(first, last) u
  UNION ALL
  SELECT course_code, title, '20261', 'LT' || lpad(n::text, 2, '0'), 200
  FROM generate_series(1, 20) n JOIN sample.courses() ON i = 1 + n % 14
$$;
