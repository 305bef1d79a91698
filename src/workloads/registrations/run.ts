import type { Marked } from '../../audit/observed.ts'
import type { OverSessions, OwnClients } from '../../traffic/operation.ts'
import type { Answer, Client } from '../../traffic/session.ts'
import { NO_READS, type Reach, type RunToBegin, type WorkloadRun } from '../workload.ts'
import { clientsOf } from './clients.ts'
import { NEXT_STEP, PAIRS, pairAt, prefixOf, requestIdOf } from './pairs.ts'
import { createProbe } from './probe.ts'
import { asking } from './read-servers.ts'
import { openRegistrar, type Registrar, type RegistrationEnd } from './register.ts'

/** One registration in so many is sent twice at once; an odd number, so that it is each shard's in turn. */
const TWICE_IN = 11
const PROBE_EVERY_MS = 100

/** What the clients were told beyond a plain yes, by the number of the write. */
export interface Attempts extends Marked {
  readonly attempts: ReadonlyMap<number, readonly string[]>
}

export function beginRegistrations({
  runId,
  to,
}: RunToBegin & { readonly to: Reach }): WorkloadRun & { readonly clients: OwnClients } {
  const { clock } = to
  const { apps, shards } = clientsOf(to)
  const prefix = prefixOf(runId)
  const first = onceDone(() => nextStep(to, shards))
  const attempts = new Map<number, readonly string[]>()
  let latest: string | null = null
  let opened = 0
  const note = (seq: number, requestId: string, told: RegistrationEnd): Answer => {
    if (told.attempts.length > 1 || !told.attempts.every((said) => said === '201')) attempts.set(seq, told.attempts)
    if (told.answer.outcome === 'ok') latest = requestId
    return told.answer
  }
  const write = (seq: number): OverSessions<Client> => ({
    routes: ['write'],
    identity: `${runId}:${seq}`,
    async run([client], signal) {
      const step = ((await first(signal)) + seq - 1) % PAIRS
      const requestId = requestIdOf(prefix, seq, step)
      const registration = { ...pairAt(step), request_id: requestId }
      return note(
        seq,
        requestId,
        await (client as Registrar).register(registration, { isTwice: seq % TWICE_IN === 0 }, signal),
      )
    },
  })
  const read = (): OverSessions<Client> => ({
    routes: ['read'],
    identity: null,
    run: ([client], signal) => (client as Registrar).list(latest ?? requestIdOf(prefix, 0, 0), signal),
  })
  return {
    write,
    read,
    told: () => ({ lsn: null, digest: null }),
    onEnded: () => {},
    take: () => NO_READS,
    observed: { mark: () => ({ attempts: new Map(attempts), judge: () => null }) satisfies Attempts as Marked },
    clients: {
      open: async () => ({ ok: true, session: openRegistrar({ apps, clock }, opened++) }),
      probe: createProbe(apps, clock),
      probeEveryMs: PROBE_EVERY_MS,
      // As `studentOf` has them.
      shares: shards.slice(0, 2),
    },
  }
}

/** From which on no earlier run has registered anybody. */
async function nextStep(to: Reach, shards: readonly string[]): Promise<number> {
  const signal = AbortSignal.timeout(5_000)
  const steps = await Promise.all(
    shards.map((shard) =>
      asking(to, shard, signal, async (ask) => (await ask<{ step: number }>(NEXT_STEP, []))[0]?.step ?? 0),
    ),
  )
  return Math.max(...steps)
}

/** Asked for until it is known, and then no more. */
function onceDone<T>(ask: () => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let known: Promise<T> | null = null
  return () => {
    known ??= ask().catch((error) => {
      known = null
      throw error
    })
    return known
  }
}
