import { setTimeout as sleep } from 'node:timers/promises'
import type { ExperimentOptions } from './options.ts'

/** One request of a client, from when it was due to what it knows in the end. */
export interface Entry {
  readonly requestId: string
  readonly student: string
  readonly section: string
  readonly dueAt: string
  readonly answeredAt: string
  readonly attempts: readonly string[]
  /** `refused`: it was said that nothing was done. `unknown`: nobody said anything. */
  readonly answer: 'acknowledged' | 'refused' | 'unknown'
}

type Load = Pick<ExperimentOptions, 'base' | 'seconds' | 'perSecond' | 'seed' | 'retries' | 'patienceMs' | 'twiceIn'>

/** Sends each request when it is due, whatever became of those before it. */
export async function runLoad(load: Load): Promise<readonly Entry[]> {
  const bases = load.base.split(',')
  const started = Date.now()
  const under: Promise<Entry>[] = []
  for (let n = 0; n < load.seconds * load.perSecond; n++) {
    const due = started + (1000 * n) / load.perSecond
    await sleep(Math.max(0, due - Date.now()))
    const request = { ...pairOf(load.seed, n), request_id: requestIdOf(load.seed, n) }
    const base = bases[n % bases.length] as string
    const isTwice = load.twiceIn > 0 && n % load.twiceIn === 0
    // The second of two is another client's press of the button: what it is told is not kept.
    if (isTwice) void post(base, request, load.patienceMs)
    under.push(sendUntilKnown(base, request, load, new Date(due)))
  }
  return Promise.all(under)
}

export interface Body {
  readonly student: string
  readonly section: string
  readonly request_id: string
}

/** As a client does it: what is not known is sent again, as it was. */
async function sendUntilKnown(base: string, body: Body, load: Load, due: Date): Promise<Entry> {
  const attempts: string[] = []
  let answer: Entry['answer'] = 'unknown'
  for (let tries = 0; tries <= load.retries; tries++) {
    if (tries > 0) await sleep(250)
    const said = await post(base, body, load.patienceMs)
    attempts.push(said)
    const known = meaningOf(said, attempts.length > 1)
    if (known === 'again') continue
    answer = known
    break
  }
  const { request_id: requestId, student, section } = body
  return {
    requestId,
    student,
    section,
    dueAt: due.toISOString(),
    answeredAt: new Date().toISOString(),
    attempts,
    answer,
  }
}

/** The status and the code, or how the connection ended. */
async function post(base: string, body: Body, patienceMs: number): Promise<string> {
  try {
    const response = await fetch(`${base}/api/registrations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    })
    const { code } = (await response.json()) as { code?: string }
    return code === undefined ? `${response.status}` : `${response.status} ${code}`
  } catch (error) {
    return `no answer: ${(error as Error).name}`
  }
}

/** @param isRepeated after an answer that is not known, "already" may mean oneself */
export function meaningOf(said: string, isRepeated: boolean): Entry['answer'] | 'again' {
  if (/^20[01]\b/.test(said)) return 'acknowledged'
  if (said.endsWith('already_registered')) return isRepeated ? 'acknowledged' : 'refused'
  if (/^4\d\d/.test(said)) return 'refused'
  return 'again'
}

/** Shards in turn, no student to a section twice (130,000 pairs on either), the same for the same seed. */
export function pairOf(seed: number, n: number): Pick<Body, 'student' | 'section'> {
  const first = (n % 2) * 10 + 1
  const step = Math.floor(n / 2)
  const who = (step * 7919 + seed * 104_729) % 1000
  const round = Math.floor(step / 1000)
  const course = COURSES[(round + who) % COURSES.length]
  const open = first + ((Math.floor(round / COURSES.length) + who) % 10)
  const student = `SV${two(first + (who % 10))}${String(1 + Math.floor(who / 10)).padStart(3, '0')}`
  return { student, section: `${course}.20261.U${two(open)}` }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const COURSES = [
  ...['INT1001', 'INT1002', 'INT1003', 'INT1004', 'INT1005', 'INT1006', 'MAT1001', 'MAT1002', 'MAT1003', 'PHY1001'],
  ...['ECO1001', 'LAW1001', 'ENG1001'],
]

/** The same for the same request, so that a ledger can be made again. */
export function requestIdOf(seed: number, n: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  return `${hex(seed, 8)}-0000-4000-8000-${hex(n, 12)}`
}
