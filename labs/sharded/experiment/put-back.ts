import { readFile, unlink, writeFile } from 'node:fs/promises'
import type { Patroni, Replication } from './patroni.ts'

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
