import type { AtMaster, HeldRegistrations, Mapped, OnShard } from './read-servers.ts'

export const FIGURES = [
  { name: 'missing_at_master', about: 'on its shard, and not at the master when there had been time enough' },
  { name: 'synced_but_absent', about: 'those of them that their shard has marked as being at the master' },
  { name: 'present_but_unmarked', about: 'at the master, and its shard does not know' },
  { name: 'duplicates_at_master', about: 'rows at the master beyond one for a student in a section' },
  { name: 'map_conflicts', about: 'keys that stand for two: of the master for one of a shard, or the other way round' },
  { name: 'overbooked_sections', about: 'sections with more registrations on their shard than seats' },
  {
    name: 'lost_on_shard',
    about: 'acknowledged, or at the master, and not on the shard',
    isPartOfLoss: true,
  },
] as const

export type FigureName = (typeof FIGURES)[number]['name']

/** One thing that is not as it should be. */
export interface Wrong {
  readonly figure: FigureName
  /** Which registration, or which section or key. */
  readonly about: string
  /** The write that made it; null where it is about none. */
  readonly seq: number | null
  /** How it stands on its shard; null where it is not there, or is about something else. */
  readonly onShard: OnShard | null
}

interface Judging {
  /** The writes that were acknowledged. */
  readonly acknowledged: Iterable<number>
  /** The number of the write that a request is; null for somebody else's. */
  readonly seqOf: (requestId: string) => number | null
}

/** Accounts for every registration of a run: each that is not as it should be, by what is wrong with it. */
export function judge(held: HeldRegistrations, { acknowledged, seqOf }: Judging): readonly Wrong[] {
  const { onShards, atMaster, seats, maps } = held
  const there = new Set(atMaster.map((row) => keyOf(row.shard, row.shardRegId, row.requestId)))
  const isThere = (row: OnShard) => there.has(keyOf(row.shard, row.regId, row.requestId))
  const missing = onShards.filter((row) => !isThere(row))
  const tell = (figure: FigureName) => (row: OnShard) =>
    ({ figure, about: pairOf(row), seq: seqOf(row.requestId), onShard: row }) satisfies Wrong
  return [
    ...missing.map(tell('missing_at_master')),
    ...missing.filter(({ syncedAt }) => syncedAt !== null).map(tell('synced_but_absent')),
    ...onShards.filter((row) => row.syncedAt === null && isThere(row)).map(tell('present_but_unmarked')),
    ...doubled(atMaster, seqOf),
    ...conflictsIn(maps).map((about) => general('map_conflicts', about)),
    ...seats
      .filter(({ taken, capacity }) => taken > capacity)
      .map(({ shard, section, taken, capacity }) =>
        general('overbooked_sections', `${section} on ${shard}: ${taken} for ${capacity} seats`),
      ),
    ...lost(held, { acknowledged, seqOf }),
  ]
}

function general(figure: FigureName, about: string): Wrong {
  return { figure, about, seq: null, onShard: null }
}

/** Each row beyond the first of its pair. */
function doubled(atMaster: readonly AtMaster[], seqOf: Judging['seqOf']): readonly Wrong[] {
  return [...Map.groupBy(atMaster, pairOf)].flatMap(([about, rows]) =>
    rows.slice(1).map(({ requestId }) => ({ ...general('duplicates_at_master', about), seq: seqOf(requestId) })),
  )
}

function lost({ onShards, atMaster }: HeldRegistrations, { acknowledged, seqOf }: Judging): readonly Wrong[] {
  const kept = new Set(onShards.map(({ requestId }) => seqOf(requestId)))
  const gone = new Map<number | null, string>()
  for (const seq of acknowledged) if (!kept.has(seq)) gone.set(seq, 'acknowledged')
  for (const row of atMaster) {
    const seq = seqOf(row.requestId)
    if (!kept.has(seq)) gone.set(seq, pairOf(row))
  }
  return [...gone].map(([seq, about]) => ({ ...general('lost_on_shard', about), seq }))
}

function keyOf(shard: string, regId: number, requestId: string): string {
  return `${shard} ${regId} ${requestId}`
}

function pairOf({ student, section }: { readonly student: string; readonly section: string }): string {
  return `${student} in ${section}`
}

/** Two keys of the master for one of a shard, or two of a shard for one of the master. */
function conflictsIn(maps: readonly Mapped[]): readonly string[] {
  const ways: readonly ((each: Mapped) => readonly [string, number])[] = [
    (each) => [`${each.map} of ${each.shard}: ${each.shardKey}`, each.masterKey],
    (each) => [`${each.map} of ${each.shard} for ${each.masterKey} of the master`, each.shardKey],
  ]
  return ways.flatMap((way) => {
    const groups = Map.groupBy(maps.map(way), ([key]) => key)
    return [...groups].filter(([, values]) => new Set(values.map(([, key]) => key)).size > 1).map(([key]) => key)
  })
}
