import { expect } from 'vitest'
import type { Change, Entry } from '../../../labs/vectors/server/change.ts'
import { foldAll } from '../../../labs/vectors/server/shard/copy.ts'
import type { Filter, Hit, Store } from '../../../labs/vectors/server/store/store.ts'
import { seeded } from './virtual-clock.ts'

const FILTERS: readonly (Filter | null)[] = [
  null,
  { kind: [{ type: 'eq', value: 'a' }] },
  { kind: [{ type: 'ne', value: 'a' }] },
  { kind: [{ type: 'in', values: ['a', 'b'] }], n: [{ type: 'gte', value: 3 }] },
  {
    n: [
      { type: 'gt', value: 2 },
      { type: 'lt', value: 7 },
    ],
  },
  { kind: [{ type: 'lte', value: 7 }] },
  { deep: [{ type: 'eq', value: { a: [1, null] } }] },
]

/** Does the same to both, as it comes by the seed, and expects the same of both after every step. */
export async function compareStores(one: Store, other: Store, seed: number, steps = 40): Promise<void> {
  const random = seeded(seed)
  const pick = (below: number) => Math.floor(random() * below)
  const both = async <T>(ask: (store: Store) => Promise<T>): Promise<T> => {
    const [a, b] = [await ask(one), await ask(other)]
    expect(b).toEqual(a)
    return a
  }
  const namespace = 'test.1'
  let { last, base, applied, state } = await one.open()
  let epoch = last.epoch + 1
  const log = new Map<number, Entry>()
  for (let step = 0; step < steps; step++) {
    const from = random() < 0.2 ? applied + 1 + pick(last.position - applied + 1) : last.position + 1
    if (from <= last.position) epoch++
    const entries = Array.from({ length: 1 + pick(4) }, (_, at): Entry => {
      const position = from + at
      const isFirst = position === 1
      return {
        position,
        epoch,
        changes: isFirst ? [{ type: 'create', namespace, dimension: 3, metric: 'euclidean' }] : changesOf(),
      }
    })
    await both((store) => store.append(entries))
    for (const entry of entries) log.set(entry.position, entry)
    last = { position: entries.at(-1)?.position ?? 0, epoch }
    const next = await both((store) => store.entries(applied, 1_000))
    const ready = next.slice(0, pick(next.length + 1))
    const after = foldAll(state, ready)
    if (ready.length > 0) {
      await both((store) => store.apply(ready, after))
      applied = ready.at(-1)?.position ?? applied
      state = after
    }
    if (random() < 0.1 && applied > base.position) {
      base = { position: applied, epoch: (await both((store) => store.epochAt(applied))) ?? 0 }
      await both((store) => store.compact(base))
    }
    await look()
  }
  const { incarnation: _, ...left } = await one.open()
  expect(await other.open()).toMatchObject(JSON.parse(JSON.stringify(left)))
  await copyOver()

  function changesOf(): readonly Change[] {
    if (random() < 0.05) return [{ type: 'forget', slots: [pick(8)], move: step0() }]
    return Array.from({ length: 1 + pick(5) }, (): Change => {
      const id = `id${pick(30)}`
      // An id keeps its slot.
      const slot = Number(id.slice(2)) % 8
      if (random() < 0.25) return { type: 'delete', namespace, id, slot }
      const values = [pick(100), pick(100), Math.fround(random())]
      const metadata = {
        kind: 'abc'[pick(3)] as string,
        n: pick(10),
        ...(random() < 0.2 && { deep: { a: [1, null] } }),
      }
      return { type: 'put', namespace, id, slot, values, metadata }
    })
  }

  function step0(): number {
    return 1 + pick(100)
  }

  async function look(): Promise<void> {
    const sorted = <T extends { readonly id: string }>(rows: readonly T[]) =>
      [...rows].sort((a, b) => (a.id < b.id ? -1 : 1))
    await both(async (store) => sorted(await store.get(namespace, ['id1', 'id2', 'id3', 'none'])))
    await both((store) => store.page(namespace, null, null, 7))
    await both((store) => store.page(namespace, { namespace, slot: 3, id: 'id11' }, [3, 4, 6], 5))
    await both((store) => store.count(namespace, [1, 2]))
    await both((store) => store.epochAt(last.position))
    await both((store) => store.entries(base.position, 6))
    const filter = FILTERS[pick(FILTERS.length)] ?? null
    for (const metric of ['euclidean', 'cosine', 'dot'] as const) {
      const query = {
        namespace,
        vector: [50, 50, 0.5],
        k: 50,
        metric,
        filter,
        hidden: [2],
        hasValues: true,
        isExact: true,
      }
      const [a, b] = [await one.search(query), await other.search(query)].map(sorted)
      const withoutDistance = (hits: readonly Hit[] = []) => hits.map(({ distance: _, ...hit }) => hit)
      expect(withoutDistance(b)).toEqual(withoutDistance(a))
      // PostgreSQL counts with 32 bits.
      const isNear = ({ distance }: Hit, at: number) =>
        Math.abs(distance - (b?.[at]?.distance ?? Number.NaN)) < 1e-5 * Math.max(1, Math.abs(distance))
      expect(a?.filter((hit, at) => !isNear(hit, at))).toEqual([])
    }
  }

  /** A full resync of the second from the first. */
  async function copyOver(): Promise<void> {
    const head = await one.open()
    await other.wipe(head.state)
    expect((await other.open()).wholeAt).toBe(null)
    await other.load(await one.page(namespace, null, null, 1_000))
    const epochThere = (await one.epochAt(head.applied)) ?? 0
    await other.finish({ position: head.applied, epoch: epochThere }, head.applied)
    const copied = await other.open()
    expect(copied).toMatchObject({
      applied: head.applied,
      wholeAt: head.applied,
      last: { position: head.applied, epoch: epochThere },
    })
    expect(await other.page(namespace, null, null, 1_000)).toEqual(await one.page(namespace, null, null, 1_000))
    expect(await other.entries(head.applied, 10)).toEqual([])
  }
}
