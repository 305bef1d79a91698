import type { OperationKind } from '../../model/events.ts'
import type { OperationRecord, OwnClients, ProbeAsked } from '../../traffic/operation.ts'
import type { Answer, Client, Opened } from '../../traffic/session.ts'
import { NO_READS, type Reach, type RunToBegin, type WorkloadRun } from '../workload.ts'
import { clientsOf } from './clients.ts'
import { type EveryDatabase, openEveryDatabase } from './every-database.ts'
import { type ExecutorConnection, openExecutor } from './executor-connection.ts'
import { onlyReads } from './findings.ts'
import type { Kind } from './kinds.ts'

/**
 * A whole transaction each: every 20 ms would be a load of its own. Well below half a second, which is a silence: else
 * what is answered in time would look like service in drops.
 */
const PROBE_EVERY_MS = 200

export function beginDistributed(
  kind: Kind,
  { runId, to }: RunToBegin & { readonly to: Reach },
): WorkloadRun & { readonly clients: OwnClients } {
  const names = () => clientsOf(to).databases.map(({ name }) => name)
  let torn = 0
  return {
    write(seq) {
      const order = kind.order(runId, seq, names())
      return {
        routes: ['write'],
        identity: order.name,
        run: ([executor], signal) => (executor as ExecutorConnection).submit(order, signal),
      }
    },
    read: () => ({
      routes: ['read'],
      identity: null,
      run: ([all]) => (all as EveryDatabase).ask(kind.read, [runId]),
    }),
    told: () => ({ lsn: null, digest: null }),
    onEnded({ kind: of, outcome, row }: OperationRecord) {
      if (of === 'read' && outcome === 'ok' && !kind.isWhole(row?.n as readonly number[])) torn++
    },
    take: () => NO_READS,
    observed: {
      mark() {
        const reads = torn
        return { judge: () => onlyReads(kind, reads) }
      },
    },
    clients: clientsFor(runId, to),
  }
}

function clientsFor(runId: string, to: Reach): OwnClients {
  const { clock, credentials } = to
  return {
    open(route: OperationKind, signal: AbortSignal) {
      const { executor, databases } = clientsOf(to)
      return route === 'write'
        ? openExecutor(executor, clock, signal)
        : openEveryDatabase(databases, credentials, clock, signal)
    },
    async probe(kind, n, signal): Promise<ProbeAsked> {
      const { executor, databases } = clientsOf(to)
      if (kind === 'read') {
        const next = databases.slice(n % databases.length).slice(0, 1)
        return asked(await openEveryDatabase(next, credentials, clock, signal), signal, (one) => one.ask(READ, []))
      }
      const order = probeOrder(runId, n, databases)
      return asked(await openExecutor(executor, clock, signal), signal, (one) => one.submit(order, signal))
    },
    probeEveryMs: PROBE_EVERY_MS,
  }
}

const READ = 'SELECT 1 AS n'

/** One question on a connection of its own, which is cut off when its time is over. */
async function asked<C extends Client>(
  opened: Opened<C>,
  signal: AbortSignal,
  ask: (client: C) => Promise<Answer>,
): Promise<ProbeAsked> {
  if (!opened.ok) return { outcome: 'failed', code: opened.code }
  const { session } = opened
  const close = () => session.close()
  signal.addEventListener('abort', close, { once: true })
  const { outcome, code } = await ask(session)
  signal.removeEventListener('abort', close)
  close()
  return { outcome, code, server: session.server }
}

/** The name of a probe's transaction begins so. */
export function probePrefix(runId: string): string {
  return `${runId}-probe:`
}

/** Over two databases, and round all of them: one that is gone shows. */
function probeOrder(runId: string, n: number, databases: readonly { readonly name: string }[]) {
  const at = (index: number) => databases[index % databases.length]?.name ?? ''
  return { name: `${probePrefix(runId)}${n}`, statements: { [at(2 * n)]: 'SELECT 1', [at(2 * n + 1)]: 'SELECT 1' } }
}
