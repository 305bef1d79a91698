import type { Entry } from './load.ts'

export interface OnShard {
  readonly shard: string
  readonly regId: number
  readonly requestId: string
  readonly student: string
  readonly section: string
  readonly isMarked: boolean
}

export interface AtMaster {
  readonly shard: string
  readonly shardRegId: number
  readonly requestId: string
  readonly student: string
  readonly section: string
}

export interface Seats {
  readonly shard: string
  readonly section: string
  readonly capacity: number
}

/** Which number of the master stands for which of a shard. */
export interface Mapped {
  readonly map: 'students' | 'sections'
  readonly shard: string
  readonly shardKey: number
  readonly masterKey: number
}

export interface Servers {
  readonly onShards: readonly OnShard[]
  readonly atMaster: readonly AtMaster[]
  readonly seats: readonly Seats[]
  readonly maps: readonly Mapped[]
}

export interface Figures {
  readonly acknowledged: number
  readonly on_shards: number
  readonly at_master: number
  /** On a shard, and not at the master. */
  readonly missing_at_master: number
  /** Of those, the ones that their shard believes to be there. */
  readonly synced_but_absent: number
  /** At the master, and its shard does not know. */
  readonly present_but_unmarked: number
  /** How many more rows the master has than there are students in sections. */
  readonly duplicates_at_master: number
  readonly map_conflicts: number
  readonly overbooked_sections: number
  /** Acknowledged, or at the master, and not on its shard. */
  readonly lost_on_shard: number
}

export interface Wrong {
  readonly figure: keyof Figures
  readonly about: string
  readonly history: Entry | null
}

/** Accounts for every registration: figures, and each that is not as it should be. */
export function audit(
  ledger: readonly Entry[],
  { onShards, atMaster, seats, maps }: Servers,
): { readonly figures: Figures; readonly wrong: readonly Wrong[] } {
  const entries = new Map(ledger.map((entry) => [entry.requestId, entry]))
  const acknowledged = ledger.filter(({ answer }) => answer === 'acknowledged')
  const isAtMaster = new Set(atMaster.map((row) => `${row.shard} ${row.shardRegId} ${row.requestId}`))
  const missing = onShards.filter((row) => !isAtMaster.has(`${row.shard} ${row.regId} ${row.requestId}`))
  const pairsOnShards = new Set(onShards.map(pairOf))
  const lost = new Set([
    ...acknowledged.filter((entry) => !pairsOnShards.has(pairOf(entry))).map(pairOf),
    ...atMaster.filter((row) => !pairsOnShards.has(pairOf(row))).map(pairOf),
  ])
  const doubled = [...Map.groupBy(atMaster, pairOf)].filter(([, rows]) => rows.length > 1)
  const taken = Map.groupBy(onShards, ({ shard, section }) => `${shard} ${section}`)
  const overbooked = seats.filter((each) => (taken.get(`${each.shard} ${each.section}`)?.length ?? 0) > each.capacity)
  const conflicts = conflictsIn(maps)
  const tell = (figure: keyof Figures, about: string, requestId?: string): Wrong => ({
    figure,
    about,
    history: entries.get(requestId ?? '') ?? null,
  })
  const unmarked = onShards.filter(
    (row) => !row.isMarked && isAtMaster.has(`${row.shard} ${row.regId} ${row.requestId}`),
  )
  const marked = missing.filter(({ isMarked }) => isMarked)
  return {
    figures: {
      acknowledged: acknowledged.length,
      on_shards: onShards.length,
      at_master: atMaster.length,
      missing_at_master: missing.length,
      synced_but_absent: marked.length,
      present_but_unmarked: unmarked.length,
      duplicates_at_master: doubled.reduce((sum, [, rows]) => sum + rows.length - 1, 0),
      map_conflicts: conflicts.length,
      overbooked_sections: overbooked.length,
      lost_on_shard: lost.size,
    },
    wrong: [
      ...missing.map((row) => tell(row.isMarked ? 'synced_but_absent' : 'missing_at_master', told(row), row.requestId)),
      ...unmarked.map((row) => tell('present_but_unmarked', told(row), row.requestId)),
      ...doubled.map(([pair, rows]) => tell('duplicates_at_master', pair, rows[0]?.requestId)),
      ...conflicts.map((about) => tell('map_conflicts', about)),
      ...overbooked.map(({ shard, section }) => tell('overbooked_sections', `${shard}: ${section}`)),
      ...[...lost].map((pair) => tell('lost_on_shard', pair)),
    ],
  }
}

function pairOf({ student, section }: { readonly student: string; readonly section: string }): string {
  return `${student} in ${section}`
}

function told(row: OnShard): string {
  return `${pairOf(row)}: ${row.shard} ${row.regId}`
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
