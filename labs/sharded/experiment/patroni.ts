import { readFile, unlink, writeFile } from 'node:fs/promises'
import { until } from './run.ts'

interface Member {
  readonly name: string
  readonly role: string
  readonly state: string
}

/** As Patroni's dynamic configuration has it; null: not there. */
interface Replication {
  readonly synchronous_mode: boolean | null
  readonly synchronous_mode_strict: boolean | null
}

const SETTLED_WITHIN_MS = 60_000
const ANSWER_MS = 3_000

/** A Patroni cluster by the ports of its REST API: whichever node of it answers. */
export function patroniAt(ports: readonly number[]) {
  const ask = async (url: string, init: RequestInit = {}): Promise<unknown> => {
    const answers = ports.map(async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}${url}`, {
        ...init,
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      if (!response.ok) throw new Error(`HTTP ${response.status}`)
      return response.json()
    })
    return Promise.any(answers)
  }
  const members = async () => ((await ask('/cluster')) as { members: readonly Member[] }).members
  return {
    members,
    async leader(): Promise<string> {
      const leader = (await members()).find(({ role }) => role === 'leader')
      if (leader === undefined) throw new Error('nobody leads')
      return leader.name
    },
    async replication(): Promise<Replication> {
      const { synchronous_mode = null, synchronous_mode_strict = null } = (await ask('/config')) as Partial<Replication>
      return { synchronous_mode, synchronous_mode_strict }
    },
    async set(replication: Replication): Promise<void> {
      const headers = { 'content-type': 'application/json' }
      await ask('/config', { method: 'PATCH', body: JSON.stringify(replication), headers })
    },
  }
}

export type Patroni = ReturnType<typeof patroniAt>

interface Experiment {
  readonly clusters: readonly Patroni[]
  /** Where what is to be put back is kept until it has been: a run that was killed leaves it to the next. */
  readonly file: string
  /** Puts a server right, whatever was done to it. */
  mend(server: string): Promise<void>
}

interface Kept {
  /** Of each cluster, as it was before. */
  readonly replication: readonly Replication[]
  /** The servers to which something was done. */
  readonly broken: readonly string[]
}

/**
 * Puts back what a run before this one left, does the work, and then mends the servers that it has named before it broke
 * them, and has each cluster replicate as it did before, however that ended.
 */
export async function putBackAfter(
  { clusters, file, mend }: Experiment,
  work: (breaks: (server: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const left = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Kept,
    () => null,
  )
  for (const server of left?.broken ?? []) await mend(server)
  const replication = left?.replication ?? (await Promise.all(clusters.map((each) => each.replication())))
  const broken = new Set<string>()
  const keep = () => writeFile(file, JSON.stringify({ replication, broken: [...broken] } satisfies Kept))
  await keep()
  const worked = work(async (server) => {
    broken.add(server)
    await keep()
  })
  const [ended] = await Promise.allSettled([worked])
  const put = await Promise.allSettled([
    ...[...broken].map(mend),
    ...clusters.map(async (each, index) => each.set(replication[index] as Replication)),
  ])
  const failed = [ended, ...put].find((each) => each?.status === 'rejected')
  if (put.every(({ status }) => status === 'fulfilled')) await unlink(file)
  if (failed?.status === 'rejected') throw failed.reason
}

export async function replicate(cluster: Patroni, isSynchronous: boolean): Promise<void> {
  await cluster.set({ synchronous_mode: isSynchronous, synchronous_mode_strict: isSynchronous })
  const isSo = async () => (await hasStandby(cluster)) === isSynchronous
  await until(SETTLED_WITHIN_MS, 'replication as wanted', isSo)
}

export async function hasStandby(cluster: Patroni): Promise<boolean> {
  return (await cluster.members()).some(({ role }) => role === 'sync_standby')
}

export function isRunning({ state }: Member): boolean {
  return state === 'running' || state === 'streaming'
}
