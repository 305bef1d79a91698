import { until } from './run.ts'

interface Member {
  readonly name: string
  readonly role: string
  readonly state: string
}

/** As Patroni's dynamic configuration has it; null: not there. */
export interface Replication {
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
