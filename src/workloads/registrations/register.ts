import type { Clock } from '../../log/clock.ts'
import type { Answer, Client } from '../../traffic/session.ts'
import { type AppConnection, openConnection, type RequestEnd } from './request.ts'

/** What a client asks for. */
export interface Registration {
  readonly student: string
  readonly section: string
  readonly request_id: string
}

/** One client: a connection to each application, the first of which it asks first. */
export interface Registrar extends Client {
  /** Registers, and asks again with the same id while nobody says what became of it. */
  register(
    registration: Registration,
    options: { readonly isTwice: boolean },
    signal: AbortSignal,
  ): Promise<RegistrationEnd>
  list(requestId: string, signal: AbortSignal): Promise<Answer>
}

export interface RegistrationEnd {
  readonly answer: Answer
  /** What each attempt came to, in order: `201`, `504 outcome_unknown`, `no answer (TIMEOUT)`. */
  readonly attempts: readonly string[]
}

/** As somebody at a screen has it: not for long, and then once more. */
const PATIENCE_MS = 1_000
const PAUSE_MS = 200
const MOST_ATTEMPTS = 4
/** Until it is given up at the latest. */
export const GIVES_UP_MS = MOST_ATTEMPTS * (PATIENCE_MS + PAUSE_MS)

interface Apps {
  readonly apps: readonly { readonly name: string; readonly url: string }[]
  readonly clock: Clock
}

/** Opens nothing yet: the first request does. */
export function openRegistrar({ apps, clock }: Apps, first: number): Registrar {
  const ring = apps.map((_, index) => apps[(first + index) % apps.length] as Apps['apps'][number])
  const lines = ring.map(({ url }) => openConnection(url))
  // Of the second of two at once: it begins with another application, and shares no connection where there is only one.
  const others = [...ring.slice(1), ...ring.slice(0, 1)].map(({ url }) => openConnection(url))
  const state = { isBusy: false, isClosed: false }
  const busy = async <T>(work: () => Promise<T>): Promise<T> => {
    state.isBusy = true
    return work().finally(() => {
      state.isBusy = false
    })
  }
  return {
    server: ring[0]?.name ?? '',
    openedMs: clock.nowMs(),
    get isUsable() {
      return !state.isBusy && !state.isClosed
    },
    close() {
      state.isClosed = true
      for (const line of [...lines, ...others]) line.close()
    },
    register: (registration, options, signal) =>
      busy(() => {
        const registering = { registration, lines, clock, signal }
        return options.isTwice ? twice(registering, others) : untilKnown(registering)
      }),
    list: (requestId, signal) =>
      busy(async () => {
        const path = `/api/registrations?request_id=${requestId}`
        const sentMs = clock.nowMs()
        const said = await (lines[0] as AppConnection).send({ method: 'GET', path }, { clock, ms: 3_000, signal })
        const isOk = said.type === 'answered' && said.status === 200
        return answer(isOk ? 'ok' : 'failed', isOk ? null : tell(said), { sentMs, clock })
      }),
  }
}

interface Registering {
  readonly registration: Registration
  readonly lines: readonly AppConnection[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Pressed twice: two requests with the same id, at once, through two applications where there are two. */
async function twice(registering: Registering, others: readonly AppConnection[]): Promise<RegistrationEnd> {
  const [one, other] = await Promise.all([untilKnown(registering), untilKnown({ ...registering, lines: others })])
  const [best] = [one, other].toSorted((a, b) => RANK[a.answer.outcome] - RANK[b.answer.outcome]) as [RegistrationEnd]
  return { answer: best.answer, attempts: [...one.attempts, ...other.attempts.map((said) => `at once: ${said}`)] }
}

const RANK = { ok: 0, unknown: 1, failed: 2 } as const

/** What is not known is sent again, as it was, to the next application. */
async function untilKnown({ registration, lines, clock, signal }: Registering): Promise<RegistrationEnd> {
  const sentMs = clock.nowMs()
  const attempts: string[] = []
  let isDoubtful = false
  for (let tries = 0; ; tries++) {
    const line = lines[tries % lines.length] as AppConnection
    const said = await line.send(
      { method: 'POST', path: '/api/registrations', body: registration },
      { clock, ms: PATIENCE_MS, signal },
    )
    attempts.push(tell(said))
    const meaning = meaningOf(said, registration.request_id)
    if (meaning === 'done') return { answer: answer('ok', null, { sentMs, clock }), attempts }
    if (meaning === 'unknown') isDoubtful = true
    if (meaning === 'refused' || tries + 1 >= MOST_ATTEMPTS || signal.aborted) {
      return { answer: answer(isDoubtful ? 'unknown' : 'failed', tell(said), { sentMs, clock }), attempts }
    }
    await clock.sleep(PAUSE_MS, signal).catch(() => {})
  }
}

/** `not-sent`: nothing was done, and another application may do it. */
export function meaningOf(said: RequestEnd, requestId: string): 'done' | 'refused' | 'unknown' | 'not-sent' {
  if (said.type === 'silent') return said.wasSent ? 'unknown' : 'not-sent'
  const { status, body } = said
  if (status === 200 || status === 201) return 'done'
  // An earlier attempt of one's own that nobody has told of.
  if (body.code === 'already_registered' && body.by_request === requestId) return 'done'
  if (status < 500) return 'refused'
  return body.code === 'outcome_unknown' || status === 500 ? 'unknown' : 'refused'
}

function tell(said: RequestEnd): string {
  if (said.type === 'silent') return `no answer (${said.code})`
  const { code } = said.body
  return typeof code === 'string' ? `${said.status} ${code}` : String(said.status)
}

function answer(
  outcome: Answer['outcome'],
  message: string | null,
  { sentMs, clock }: { readonly sentMs: number; readonly clock: Clock },
): Answer {
  const code = message?.replace(/^no answer \((\w+)\)$/, '$1') ?? null
  return {
    outcome,
    code,
    message,
    isUnguarded: false,
    row: outcome === 'ok' ? {} : null,
    sentMs,
    answeredMs: clock.nowMs(),
  }
}
