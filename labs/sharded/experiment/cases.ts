import { EIGHTH, type Sixteen } from './lab.ts'

export interface Case {
  readonly name: string
  /** Where the executor is held meanwhile; null: nowhere. */
  readonly at: { readonly gate: string; readonly of?: number } | null
  /** The service to which something is done; null: none. */
  readonly breaks: string | null
  /** Does the damage. @returns what puts it right again */
  break(lab: Sixteen): Promise<() => Promise<void>>
  /** How long it lasts. */
  readonly forMs: number
  /** What one of the databases is given to do, where that is not the same as everywhere. */
  readonly oddWork?: string
}

const killed = (service: string) => async (lab: Sixteen) => {
  await lab.docker(['kill'], service)
  return () => lab.docker(['start'], service)
}

const executorKilled = (gate: string, of?: number): Case => ({
  name: `executor killed at ${gate}${of === undefined ? '' : ` of ${of}`}`,
  at: of === undefined ? { gate } : { gate, of },
  breaks: 'app',
  break: killed('app'),
  forMs: 1_000,
})

const SERVICE = 'postgres_07'

const databaseKilled = (name: string, at: Case['at'], service = SERVICE): Case => {
  return { name, at, breaks: service, break: killed(service), forMs: 4_000 }
}

const NETWORK = 'sharded_sharded'

function disconnect(lab: Sixteen): Promise<void> {
  return lab.docker(['network', 'disconnect', NETWORK], SERVICE)
}

function connect(lab: Sixteen): Promise<void> {
  const address = `${process.env.SHARDED_NET ?? '172.30.84'}.${20 + EIGHTH}`
  return lab.docker(['network', 'connect', '--alias', SERVICE, '--ip', address, NETWORK], SERVICE)
}

/** Has a service run, go on, and be in its network, whatever was done to it. */
export async function mend(lab: Sixteen, service: string): Promise<void> {
  if (service === SERVICE) {
    // Whether it is in there or not: it is afterwards.
    await disconnect(lab).catch(() => {})
    await connect(lab)
  }
  await lab.docker(['start'], service)
  await lab.docker(['kill', '-s', 'CONT'], service)
}

export const cases: readonly Case[] = [
  executorKilled('before-prepare', 8),
  executorKilled('after-prepare'),
  executorKilled('before-decision'),
  executorKilled('after-decision'),
  executorKilled('before-commit', 1),
  executorKilled('before-commit', 8),
  executorKilled('before-commit', 16),
  databaseKilled('a database killed before its prepare', { gate: 'before-prepare', of: 8 }),
  databaseKilled('a database killed after its prepare', { gate: 'after-prepare' }),
  databaseKilled('a database killed between two commits', { gate: 'before-commit', of: 8 }),
  {
    name: 'a database cut off after its prepare for 30 s',
    at: { gate: 'after-prepare' },
    breaks: SERVICE,
    async break(lab) {
      await disconnect(lab)
      return () => connect(lab)
    },
    forMs: 30_000,
  },
  {
    name: 'a row locked by somebody else on one database',
    at: null,
    breaks: null,
    async break(lab) {
      const client = await lab.connect(EIGHTH)
      await client.query('BEGIN')
      await client.query('SELECT 1 FROM steps FOR UPDATE')
      return async () => client.end()
    },
    forMs: 10_000,
  },
  {
    name: 'a script that fails on one database only',
    at: null,
    breaks: null,
    break: async () => async () => {},
    forMs: 1_000,
    oddWork: 'UPDATE steps SET n = n / 0',
  },
  databaseKilled("the coordinator's database killed after the decision", { gate: 'after-decision' }, 'coordinator'),
  {
    name: 'the executor frozen for longer than its lease',
    at: { gate: 'before-decision' },
    breaks: 'app',
    async break(lab) {
      await lab.docker(['kill', '-s', 'STOP'], 'app')
      return () => lab.docker(['kill', '-s', 'CONT'], 'app')
    },
    forMs: 12_000,
  },
]

/** Several at once over the same rows, half of them by a second executor: name by name. */
export async function twoAtOnce(lab: Sixteen, protocol: string, names: readonly string[], sql: string): Promise<void> {
  const rule = protocol === 'one-phase' ? ['--protocol', 'one-phase'] : []
  const flags = protocol === 'no-recovery' ? ['--no-recovery'] : rule
  await Promise.all(
    names.map(async (name, index) => {
      if (index % 2 === 0) {
        await lab.executor('POST', '/transactions', { name, protocol, script: sql }, 60_000).catch(() => {})
        return
      }
      const script = `echo '${sql}' > /tmp/${index}.sql && shard-executor apply /tmp/${index}.sql --name '${name}' --lock-timeout 3s --deadline 8s ${flags.join(' ')}`
      await lab.docker(['exec'], 'app', 'sh', '-c', script).catch(() => {})
    }),
  )
}
