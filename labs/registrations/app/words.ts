import type { Problem, ProblemCode } from './answers.ts'
import type { Standing } from './registrations.ts'

export type Language = 'vi' | 'en'
export const LANGUAGES: readonly Language[] = ['vi', 'en']

/** All that the page says, and what the API says of problems (in English). */
export interface Words {
  readonly title: string
  readonly way: Readonly<Record<'fdw' | 'outbox', string>>
  readonly otherLanguage: string
  readonly skip: string
  readonly registerTab: string
  readonly list: string
  readonly find: string
  readonly findHint: string
  readonly search: string
  readonly found: (n: number) => string
  readonly nobodyFound: string
  readonly choose: string
  readonly chooseSection: string
  readonly section: string
  readonly seats: (taken: number, capacity: number) => string
  readonly full: string
  readonly register: string
  readonly registered: (student: string, section: string) => string
  readonly reached: string
  readonly onItsWay: string
  readonly student: string
  readonly shard: string
  readonly master: string
  readonly createdAt: string
  readonly syncedAt: string
  readonly latency: string
  readonly standing: Readonly<Record<Standing, string>>
  readonly nothingYet: string
  readonly lateness: string
  readonly total: string
  readonly atMaster: string
  readonly unsynced: string
  readonly oldest: string
  readonly sync: Readonly<Record<'fdw' | 'outbox', string>>
  readonly brought: (n: number) => string
  readonly compared: (missing: number, unmarked: number, lost: number) => string
  readonly refresh: string
  readonly back: string
  readonly away: (server: string) => string
  readonly othersGoOn: string
  readonly syncFailed: string
  readonly problem: Readonly<Record<ProblemCode, (server: string) => string>>
}

const en: Words = {
  title: 'Course registration',
  way: { fdw: 'brought to the master after each registration', outbox: 'brought to the master by replication' },
  otherLanguage: 'Tiếng Việt',
  skip: 'Skip to the content',
  registerTab: 'Register',
  list: 'List',
  find: 'Find a student',
  findHint: 'name or student id, with or without accents',
  search: 'Search',
  found: (n) => (n === 1 ? '1 student' : `${n} students`),
  nobodyFound: 'No student is called that.',
  choose: 'Choose',
  chooseSection: 'Choose a section',
  section: 'Section',
  seats: (taken, capacity) => `${taken} of ${capacity} taken`,
  full: 'full',
  register: 'Register',
  registered: (student, section) => `${student} is registered for ${section}.`,
  reached: 'The master has it',
  onItsWay: 'It is not at the master yet.',
  student: 'Student',
  shard: 'Shard',
  master: 'Master',
  createdAt: 'created_at',
  syncedAt: 'synced_at',
  latency: 'Latency',
  standing: {
    waiting: 'on its way',
    synced: 'at the master',
    unmarked: 'at the master, not marked yet',
    lost: 'marked, and not at the master',
    unknown: 'not known: the master does not answer',
  },
  nothingYet: 'Nobody has registered yet.',
  lateness: 'How late the master is',
  total: 'Registrations',
  atMaster: 'At the master',
  unsynced: 'Not marked as synced',
  oldest: 'Oldest of them',
  sync: { fdw: 'Sync now', outbox: 'Compare and mend' },
  brought: (n) => `The sync brought ${n} to the master.`,
  compared: (missing, unmarked, lost) =>
    `Compared: ${missing} were missing at the master and are there now, ${unmarked} were not marked, ${lost} are at the master only.`,
  refresh: 'Refresh',
  back: 'Register another',
  away: (server) => `${server} does not answer.`,
  othersGoOn: 'The others go on working.',
  syncFailed: 'It is on its shard, but was not brought to the master:',
  problem: {
    not_json: () => 'The body is not JSON.',
    not_supported: () => 'The body has to be application/json.',
    too_large: () => 'The body is too large.',
    invalid: () => 'The request is not of the right form.',
    not_found: () => 'There is nothing at this address.',
    unknown_student: () => 'There is no such student.',
    unknown_section: (shard) => `There is no such section on the shard ${shard}.`,
    already_registered: () => 'The student is registered for this section already.',
    request_reused: () => 'This request id has registered something else already.',
    section_full: () => 'The section is full.',
    server_unreachable: (server) => `The server ${server} cannot be reached. Nothing was done; try again later.`,
    server_busy: (server) => `Too much is asked of the server ${server}. Nothing was done; try again later.`,
    server_refused: (server) => `The server ${server} does not let the application in.`,
    server_failed: (server) => `The server ${server} answered with an error. Nothing was done.`,
    outcome_unknown: (server) =>
      `The server ${server} did not answer in time: it may be done or not. Look at the list, or send the same request again.`,
    sync_shard_unreachable: (shard) => `The master does not reach the shard ${shard}.`,
    sync_shard_refused: (shard) => `The shard ${shard} refuses the password of the master's foreign server.`,
    sync_concurrent: () => 'Another sync ran at the same time; this one was taken back.',
    sync_duplicate: () => 'One of them is at the master already, and the constraint lets it in once.',
    sync_failed: () => 'The sync failed.',
    internal: () => 'The application has made a mistake.',
  },
}

const vi: Words = {
  title: 'Đăng ký học phần',
  way: { fdw: 'đồng bộ về master sau mỗi lần đăng ký', outbox: 'đồng bộ về master bằng replication' },
  otherLanguage: 'English',
  skip: 'Đến nội dung chính',
  registerTab: 'Đăng ký',
  list: 'Xem Danh Sách',
  find: 'Tìm sinh viên',
  findHint: 'tên hoặc mã sinh viên, có dấu hoặc không dấu',
  search: 'Tìm',
  found: (n) => `${n} sinh viên`,
  nobodyFound: 'Không tìm thấy sinh viên nào.',
  choose: 'Chọn',
  chooseSection: 'Chọn lớp học phần',
  section: 'Lớp học phần',
  seats: (taken, capacity) => `đã có ${taken}/${capacity}`,
  full: 'đã đầy',
  register: 'Đăng Ký',
  registered: (student, section) => `${student} đã được đăng ký vào ${section}.`,
  reached: 'Master đã có',
  onItsWay: 'Chưa có trên master.',
  student: 'Sinh viên',
  shard: 'Shard',
  master: 'Master',
  createdAt: 'created_at',
  syncedAt: 'synced_at',
  latency: 'Độ trễ',
  standing: {
    waiting: 'đang trên đường',
    synced: 'đã có trên master',
    unmarked: 'đã có trên master, chưa đánh dấu',
    lost: 'đã đánh dấu nhưng master không có',
    unknown: 'không biết: master không trả lời',
  },
  nothingYet: 'Chưa có ai đăng ký.',
  lateness: 'Master chậm bao nhiêu',
  total: 'Lượt đăng ký',
  atMaster: 'Trên master',
  unsynced: 'Chưa đánh dấu đồng bộ',
  oldest: 'Cũ nhất trong số đó',
  sync: { fdw: 'Đồng bộ ngay', outbox: 'So sánh và sửa' },
  brought: (n) => `Đã đồng bộ ${n} lượt về master.`,
  compared: (missing, unmarked, lost) =>
    `Đã so sánh: bổ sung ${missing} lượt thiếu trên master, ${unmarked} lượt chưa đánh dấu, ${lost} lượt chỉ có trên master.`,
  refresh: 'Tải lại',
  back: 'Đăng ký tiếp',
  away: (server) => `${server} không trả lời.`,
  othersGoOn: 'Các máy chủ khác vẫn hoạt động.',
  syncFailed: 'Đã ghi trên shard, nhưng chưa đưa được về master:',
  problem: {
    not_json: () => 'Nội dung gửi lên không phải JSON.',
    not_supported: () => 'Nội dung gửi lên phải là application/json.',
    too_large: () => 'Nội dung gửi lên quá lớn.',
    invalid: () => 'Yêu cầu không đúng dạng.',
    not_found: () => 'Không có gì ở địa chỉ này.',
    unknown_student: () => 'Không có sinh viên này.',
    unknown_section: (shard) => `Shard ${shard} không có lớp học phần này.`,
    already_registered: () => 'Sinh viên đã đăng ký lớp học phần này rồi.',
    request_reused: () => 'Mã yêu cầu này đã được dùng cho một đăng ký khác.',
    section_full: () => 'Lớp học phần đã đầy.',
    server_unreachable: (server) => `Không kết nối được máy chủ ${server}. Chưa có gì được ghi; hãy thử lại sau.`,
    server_busy: (server) => `Máy chủ ${server} đang quá tải. Chưa có gì được ghi; hãy thử lại sau.`,
    server_refused: (server) => `Máy chủ ${server} không cho ứng dụng đăng nhập.`,
    server_failed: (server) => `Máy chủ ${server} báo lỗi. Chưa có gì được ghi.`,
    outcome_unknown: (server) =>
      `Máy chủ ${server} không trả lời kịp: có thể đã ghi, có thể chưa. Hãy xem danh sách, hoặc gửi lại đúng yêu cầu này.`,
    sync_shard_unreachable: (shard) => `Master không kết nối được shard ${shard}.`,
    sync_shard_refused: (shard) => `Shard ${shard} từ chối mật khẩu của foreign server trên master.`,
    sync_concurrent: () => 'Một lần đồng bộ khác chạy cùng lúc; lần này đã được hoàn tác.',
    sync_duplicate: () => 'Một lượt đã có trên master, và ràng buộc chỉ cho phép một lần.',
    sync_failed: () => 'Đồng bộ không thành công.',
    internal: () => 'Ứng dụng gặp lỗi.',
  },
}

export const words: Readonly<Record<Language, Words>> = { en, vi }

export function sentenceOf(problem: Problem, language: Language = 'en'): string {
  return words[language].problem[problem.code](problem.server ?? '')
}
