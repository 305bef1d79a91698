import type { WorkloadCheck, WorkloadFindings } from '../../model/audit.ts'
import type { Ledger } from '../../model/ledger.ts'
import { type Section, type SectionTable, sectionRow } from '../../model/section.ts'
import { formatClock } from '../../model/units.ts'
import { grouped, many } from '../../model/words.ts'
import type { Told } from '../workload.ts'
import { FIGURES, type FigureName, type Wrong } from './judge.ts'
import type { HeldRegistrations } from './read-servers.ts'

export const TYPE = 'registrations'
/** The name of its checks in a summary. */
export const REGISTRATIONS = 'registrations'

/** So many are told of each by itself: beyond it a page takes long to open. */
const MOST_TOLD = 5_000
const MOST_EVIDENCE = 100

interface About {
  readonly held: HeldRegistrations
  readonly ledger: Pick<Ledger, 'at' | 'size'>
  /** What the clients were told beyond a plain yes; null where nobody kept it. */
  readonly attempts: ReadonlyMap<number, readonly string[]> | null
  /** Acknowledged writes are lost. */
  readonly isLossy: boolean
}

/** What the findings come to, as an audit tells it. */
export function findingsOf(wrong: readonly Wrong[], about: About): WorkloadFindings {
  const found = Map.groupBy(wrong, ({ figure }) => figure)
  const checks = FIGURES.flatMap((figure): WorkloadCheck[] => {
    const all = found.get(figure.name) ?? []
    if (all.length === 0) return []
    const isOfLoss = 'isPartOfLoss' in figure && about.isLossy
    return [
      {
        name: REGISTRATIONS,
        verdict: 'fail',
        why: `${WHY[figure.name](all.length)}.`,
        evidence: all.flatMap(({ seq }) => seq ?? []).slice(0, MOST_EVIDENCE),
        figures: [figure.name, ...(isOfLoss ? ['lost_writes'] : [])],
      },
    ]
  })
  return {
    type: TYPE,
    checks: checks.length > 0 ? checks : [nothingWrong(about.held)],
    counts: Object.fromEntries(FIGURES.map(({ name }) => [name, found.get(name)?.length ?? 0])),
    ...(wrong.length > 0 ? tableOf(wrong, about) : { examples: [] }),
  }
}

const registrations = (count: number) => many(count, 'registration is', 'registrations are')
const WHY: Readonly<Record<FigureName, (count: number) => string>> = {
  missing_at_master: (count) => `${registrations(count)} on a shard, and not at the master`,
  synced_but_absent: (count) => `${registrations(count)} marked as being at the master, and not there`,
  present_but_unmarked: (count) => `${registrations(count)} at the master, and the shard does not know`,
  duplicates_at_master: (count) => `The master has ${many(count, 'row')} more than there are students in sections`,
  map_conflicts: (count) => `${many(count, 'key stands', 'keys stand')} for two`,
  overbooked_sections: (count) => `${many(count, 'section has', 'sections have')} more registrations than seats`,
  lost_on_shard: (count) => `${registrations(count)} acknowledged or at the master, and not on the shard`,
}

function nothingWrong({ onShards }: HeldRegistrations): WorkloadCheck {
  const figures = FIGURES.map(({ name }) => name)
  const [verdict, why] =
    onShards.length === 0
      ? (['unknown', 'Nobody was registered.'] as const)
      : ([
          'pass',
          `Each of the ${grouped(onShards.length)} registrations is on its shard once, at the master once, and marked.`,
        ] as const)
  return { name: REGISTRATIONS, verdict, why, evidence: [], figures }
}

/** A row for each registration that is not as it should be, whatever is wrong with it. */
function tableOf(wrong: readonly Wrong[], about: About): Pick<WorkloadFindings, 'examples' | 'table'> {
  const each = [...Map.groupBy(wrong, ({ seq, about }) => seq ?? about).values()].sort(bySeq)
  const rows = each.slice(0, MOST_TOLD).map((one) => rowOf(one, about))
  return {
    examples: each.length > rows.length ? [`… and ${each.length - rows.length} more.`] : [],
    table: { columns: ['registration', 'what is wrong', 'on its shard', 'its request'], rows },
  }
}

/** Those that are about no registration last. */
function bySeq([a]: readonly Wrong[], [b]: readonly Wrong[]): number {
  return (a?.seq ?? Number.POSITIVE_INFINITY) - (b?.seq ?? Number.POSITIVE_INFINITY) || 0
}

const SHORT: Readonly<Record<FigureName, string>> = {
  missing_at_master: 'missing at the master',
  synced_but_absent: 'marked all the same',
  present_but_unmarked: 'at the master, and not marked',
  duplicates_at_master: 'doubled at the master',
  map_conflicts: 'a key for two',
  overbooked_sections: 'overbooked',
  lost_on_shard: 'lost on its shard',
}

function rowOf(one: readonly Wrong[], about: About): SectionTable['rows'][number] {
  const [first] = one as [Wrong]
  const what = [...new Set(one.map(({ figure }) => SHORT[figure]))].join(', ')
  const stands = one.find(({ onShard }) => onShard !== null)?.onShard
  const marked = stands?.syncedAt == null ? 'not marked' : `marked ${stands.syncedAt}`
  const where = stands == null ? '' : `${stands.shard} ${stands.regId}, registered ${stands.createdAt}, ${marked}`
  return [first.about, what, where, history(first.seq, about)]
}

function history(seq: number | null, { ledger, attempts }: About): string {
  if (seq === null || seq > ledger.size) return ''
  const { dueMs, answeredMs, outcome, node } = ledger.at(seq)
  const said = attempts?.get(seq) ?? (outcome === 'ok' ? ['201'] : [])
  const due = dueMs === null ? 'an unknown time' : formatClock(dueMs)
  const answered = answeredMs === null ? '' : ` at ${formatClock(answeredMs)}`
  return `${seq} of ${due} to ${node ?? 'nobody'}: ${[...said, outcome].join(', ')}${answered}`
}

/** Its section of a report; null for a run in which nothing was found out. */
export function sectionOf({ counts, examples, table }: Told): Section | null {
  if (Object.keys(counts).length === 0) return null
  return {
    title: 'What became of each registration',
    lead: 'Every request of the run, held against what its shard and the master have.',
    rows: FIGURES.map(({ name, about }) => {
      const count = counts[name] ?? 0
      return sectionRow(name.replaceAll('_', ' '), count, about, count > 0)
    }),
    lines: examples,
    table,
  }
}
