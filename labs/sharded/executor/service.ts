import { createHash } from 'node:crypto'
import { apply, everywhere, type Protocol } from './apply.ts'
import { type DecisionLog, noLog } from './decision-log.ts'
import type { Gate, Gates } from './gates.ts'
import type { Mapping } from './mapping.ts'
import { sessionPool } from './pool.ts'
import { readScript } from './script.ts'
import { newGid, type Outcome, type Transaction } from './transaction.ts'
import type { Step } from './two-phase.ts'

/** As a service calls them: `no-recovery` prepares and commits, and remembers nothing. */
export const PROTOCOLS = ['two-phase', 'no-recovery', 'one-phase'] as const
export type ServedProtocol = (typeof PROTOCOLS)[number]

/** What somebody wants done: one script everywhere, or statements of their own in some databases. */
export interface Order {
  /** Unique, as each is done once. */
  readonly name: string
  /** Default: the service's. */
  readonly protocol?: ServedProtocol | undefined
  readonly work: { readonly script: string } | { readonly statements: Readonly<Record<string, string>> }
}

/** A transaction that is under way. */
export interface UnderWay {
  readonly gid: string
  readonly name: string
  readonly protocol: ServedProtocol
  readonly databases: readonly string[]
  readonly since: string
  readonly step: 'connecting' | 'executing' | 'committing' | 'rolling-back'
  /** Which databases are through with that step. */
  readonly through: readonly string[]
  /** The gate that it stands at; null while it goes on. */
  readonly gate: Gate | null
}

/** One that has ended. */
export interface Ended {
  readonly gid: string
  readonly name: string
  readonly type: Outcome['type']
  readonly at: string
  readonly tookMs: number
}

export interface ServiceStatus {
  readonly protocol: ServedProtocol
  readonly since: string
  /** Oldest first. */
  readonly underWay: readonly UnderWay[]
  readonly ended: Readonly<Record<Outcome['type'], number>>
  /** The latest few, oldest first. */
  readonly latest: readonly Ended[]
}

export interface ServiceOptions {
  readonly mapping: Mapping
  readonly protocol: ServedProtocol
  readonly gates: Gates
  openLog(): Promise<DecisionLog>
  readonly lockTimeoutMs: number
  readonly deadlineMs: number
  readonly finishMs: number
  /** When it aborts, what is not decided is rolled back. */
  readonly signal: AbortSignal
  readonly now: () => Date
}

export interface Service {
  /** Never rejects for what databases do. */
  submit(order: Order): Promise<Outcome & { readonly name: string }>
  status(): ServiceStatus
  close(): void
}

const LATEST = 8

/** Does transactions for whoever asks, any number at once, and can be asked how far each is. */
export function createService(options: ServiceOptions): Service {
  const { mapping, now } = options
  const since = now().toISOString()
  const underWay = new Map<string, UnderWay>()
  const ended = { applied: 0, already: 0, 'rolled-back': 0, refused: 0, 'in-doubt': 0 }
  let latest: readonly Ended[] = []
  const log = keptLog(options.openLog)
  const pool = sessionPool()

  const carryOut = async (transaction: Transaction, protocol: ServedProtocol): Promise<Outcome> => {
    const change = (to: Partial<UnderWay>) => {
      const known = underWay.get(transaction.gid)
      if (known !== undefined) underWay.set(transaction.gid, { ...known, ...to })
    }
    const decisions = protocol === 'two-phase' ? await log.get() : noLog
    if (decisions instanceof Error) return { type: 'refused', why: [`the decision log: ${decisions.message}`] }
    return apply(transaction, {
      ...options,
      protocol: executorsName(protocol),
      log: decisions,
      pool,
      gates: watched(options.gates, (gate) => change({ gate })),
      onStep: (step) => change(after(step, underWay.get(transaction.gid))),
    })
  }

  return {
    async submit({ name, protocol = options.protocol, work }) {
      const made = await toTransaction(mapping, name, work)
      if ('why' in made) return { name, type: 'refused', why: made.why }
      const { gid } = made
      const startedMs = performance.now()
      const at = { since: now().toISOString(), step: 'connecting', through: [], gate: null } as const
      underWay.set(gid, { gid, name, protocol, databases: made.participants.map((each) => each.name), ...at })
      const outcome = await carryOut(made, protocol).finally(() => underWay.delete(gid))
      const { type } = outcome
      ended[type]++
      const tookMs = Math.round(performance.now() - startedMs)
      latest = [...latest, { gid, name, type, at: now().toISOString(), tookMs }].slice(-LATEST)
      return { name, ...outcome }
    },
    status: () => ({
      protocol: options.protocol,
      since,
      underWay: [...underWay.values()],
      ended: { ...ended },
      latest,
    }),
    close() {
      log.close()
      pool.close()
    },
  }
}

function executorsName(protocol: ServedProtocol): Protocol {
  return protocol === 'one-phase' ? 'one-phase' : 'two-phase'
}

async function toTransaction(
  mapping: Mapping,
  name: string,
  work: Order['work'],
): Promise<Transaction | { readonly why: readonly string[] }> {
  const gid = newGid(name)
  if ('script' in work) {
    const script = await readScript(work.script)
    if ('problems' in script) return { why: script.problems.map(({ line, why }) => `line ${line}: ${why}`) }
    return { gid, name, digest: script.digest, participants: everywhere(mapping, script.text) }
  }
  const entries = Object.entries(work.statements)
  const read = await Promise.all(entries.map(([, sql]) => readScript(sql)))
  const why = entries.flatMap(([database], index) => {
    const script = read[index]
    const unknown = mapping.databases[database] === undefined ? [`${database}: the mapping does not name it`] : []
    return script && 'problems' in script
      ? [...unknown, ...script.problems.map((each) => `${database}: ${each.why}`)]
      : unknown
  })
  if (why.length > 0 || entries.length === 0) return { why: why.length > 0 ? why : ['there is nothing to do'] }
  const participants = entries.map(([database, sql]) => {
    return { name: database, endpoint: mapping.databases[database] as Mapping['databases'][string], sql }
  })
  return { gid, name, digest: createHash('sha256').update(JSON.stringify(entries)).digest('hex'), participants }
}

/** Opened when it is first needed, and kept. */
function keptLog(open: () => Promise<DecisionLog>) {
  let kept: Promise<DecisionLog> | null = null
  return {
    async get(): Promise<DecisionLog | Error> {
      kept ??= open()
      try {
        return await kept
      } catch (error) {
        kept = null
        return error as Error
      }
    },
    close: () => void kept?.then((log) => log.close()).catch(() => {}),
  }
}

function watched(gates: Gates, at: (gate: Gate | null) => void): Gates {
  return {
    armed: gates.armed,
    async pass(gate, of) {
      await gates.pass(gate, of, () => at(gate))
      at(null)
    },
  }
}

function after(step: Step, known: UnderWay | undefined): Partial<UnderWay> {
  const through = (stage: UnderWay['step'], database: string) => {
    return { step: stage, through: known?.step === stage ? [...known.through, database] : [database] }
  }
  switch (step.type) {
    case 'executing':
      return known?.step === 'executing' ? {} : { step: 'executing', through: [] }
    case 'prepared':
      return through('executing', step.database)
    case 'decided':
      return { step: step.decision === 'commit' ? 'committing' : 'rolling-back', through: [] }
    case 'committed':
      return through('committing', step.database)
    case 'rolled-back':
      return through('rolling-back', step.database)
    case 'failed':
      return {}
  }
}
