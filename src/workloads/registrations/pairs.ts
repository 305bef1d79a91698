import { createHash } from 'node:crypto'

/* Which student registers for which section, and by what the request is known on every server. */

export interface Pair {
  readonly student: string
  readonly section: string
}

const UNIVERSITIES = 10
const STUDENTS = 100
const COURSES = [
  ...['INT1001', 'INT1002', 'INT1003', 'INT1004', 'INT1005', 'INT1006', 'MAT1001', 'MAT1002', 'MAT1003', 'PHY1001'],
  ...['ECO1001', 'LAW1001', 'ENG1001'],
]

/** How many there are before the first comes again. */
export const PAIRS = 2 * UNIVERSITIES * STUDENTS * COURSES.length * UNIVERSITIES

/** Public and private in turn, every student of a shard before the first registers again, no pair twice in {@link PAIRS}. */
export function pairAt(step: number): Pair {
  const first = (step % 2) * UNIVERSITIES + 1
  const own = Math.floor(step / 2)
  const students = UNIVERSITIES * STUDENTS
  const who = (own * 7_919) % students
  const round = Math.floor(own / students) % (COURSES.length * UNIVERSITIES)
  const course = COURSES[(round + who) % COURSES.length]
  const at = first + ((Math.floor(round / COURSES.length) + who) % UNIVERSITIES)
  const student = `SV${two(first + (who % UNIVERSITIES))}${String(1 + Math.floor(who / UNIVERSITIES)).padStart(3, '0')}`
  return { student, section: `${course}.20261.U${two(at)}` }
}

/** Of a public university where `n` is even, else of a private one. */
export function studentOf(n: number): string {
  return pairAt(n).student
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** What the requests of a run begin with: nobody else's do, but for one in some 281 million million. */
export function prefixOf(runId: string): string {
  const digits = createHash('sha256').update(runId).digest('hex')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4000-8000-`
}

/** The same for the same write: a retry is the same request. The step tells where the next run may begin. */
export function requestIdOf(prefix: string, seq: number, step: number): string {
  return `${prefix}${hex(seq)}${hex(step % 2 ** 24)}`
}

/** The number of the write; null where the request is none of the run's. */
export function seqOf(prefix: string, requestId: string): number | null {
  return requestId.startsWith(prefix) ? Number.parseInt(requestId.slice(prefix.length, -6), 16) : null
}

/** SQL of the first step that no run has taken yet. */
export const NEXT_STEP = `
  SELECT coalesce(max(('x' || right(request_id::text, 6))::bit(24)::int) + 1, 0) AS step FROM registrations
   WHERE substr(request_id::text, 15, 9) = '4000-8000'`

function hex(value: number): string {
  return value.toString(16).padStart(6, '0')
}
