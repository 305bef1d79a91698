import type { WorkloadCheck, WorkloadFindings } from '../../model/audit.ts'
import { type Section, sectionRow } from '../../model/section.ts'
import { grouped } from '../../model/words.ts'
import type { Told, WorkloadFigure } from '../workload.ts'
import type { VectorFindings } from './judge-vectors.ts'
import type { ShardsRead } from './read-shards.ts'
import type { SearchCounts } from './searches.ts'

export const TYPE = 'vectors'
/** The names of its checks in a summary. */
export const VECTORS = 'vectors'
export const SEARCHES = 'searches'

export const FIGURES: readonly WorkloadFigure[] = [
  {
    name: 'lost_vectors',
    about: 'vectors whose insert or update was acknowledged and that are gone',
    isPartOfLoss: true,
  },
  {
    name: 'resurrected_deletes',
    about: 'vectors whose delete was acknowledged and that are there',
    isPartOfLoss: true,
  },
  {
    name: 'stale_vectors',
    about: 'vectors that are as they were before an acknowledged update',
    isPartOfLoss: true,
  },
  { name: 'wrong_shard', about: 'vectors that lie where the map does not look for them', isPartOfLoss: true },
  { name: 'replica_divergence', about: 'copies that held other vectors than their leader in the end' },
  {
    name: 'silent_partial_answers',
    about: 'searches past the index that lacked one of the nearest, and did not say that anything was missing',
    isPartOfLoss: true,
  },
  {
    name: 'low_recall_answers',
    about: 'searches by the index that found less than 95 % of the nearest, and did not say that anything was missing',
    isPartOfLoss: true,
  },
  { name: 'marked_answers', about: 'searches that said themselves that a shard was missing, or may lag' },
  { name: 'late_answers', about: 'searches that were answered after their deadline' },
]

interface Found {
  readonly found: VectorFindings
  readonly read: Omit<ShardsRead, 'rows'>
  /** Null where nobody kept what the answers showed. */
  readonly searches: SearchCounts | null
  readonly isLossy: boolean
}

const MOST_EVIDENCE = 100

/** What the findings come to, as an audit tells it. */
export function findingsOf({ found, read, searches, isLossy }: Found): WorkloadFindings {
  const counts = {
    lost_vectors: found.lost.length,
    resurrected_deletes: found.resurrected.length,
    stale_vectors: found.stale.length,
    wrong_shard: found.wrongShard.length,
    replica_divergence: read.differing.length,
    ...(searches !== null && {
      silent_partial_answers: searches.silentPartial,
      low_recall_answers: searches.lowRecall,
      marked_answers: searches.marked,
      late_answers: searches.late,
    }),
  }
  return {
    type: TYPE,
    checks: [...checkVectors(found, read, isLossy), ...checkSearches(searches, isLossy)],
    counts,
    examples: [
      ...first(found.lost, (seq) => `What write ${seq} had brought is gone.`),
      ...first(found.resurrected, (seq) => `What write ${seq} had deleted is there.`),
      ...first(found.stale, (seq) => `What write ${seq} had changed is as it was before.`),
      ...first(read.differing, (copy) => `The copy of ${copy} differs from its leader.`),
      ...(searches?.examples ?? []),
    ],
  }
}

function first<T>(all: readonly T[], tell: (each: T) => string): readonly string[] {
  return all.slice(0, 3).map(tell)
}

interface Kind {
  readonly figure: string
  readonly seqs: readonly number[]
  readonly why: string
}

function checkVectors(found: VectorFindings, read: Found['read'], isLossy: boolean): readonly WorkloadCheck[] {
  const kinds: readonly Kind[] = [
    { figure: 'lost_vectors', seqs: found.lost, why: 'vectors were acknowledged and are gone' },
    { figure: 'resurrected_deletes', seqs: found.resurrected, why: 'vectors were deleted and are there' },
    { figure: 'stale_vectors', seqs: found.stale, why: 'vectors are as they were before an acknowledged update' },
    { figure: 'wrong_shard', seqs: found.wrongShard, why: 'vectors lie where the map does not look for them' },
  ]
  const wrong = kinds
    .filter(({ seqs }) => seqs.length > 0)
    .map(({ figure, seqs, why }) => failed(VECTORS, figure, `${seqs.length} ${why}.`, seqs, isLossy))
  const { differing, unread } = read
  const diverged =
    differing.length === 0
      ? []
      : [failed(VECTORS, 'replica_divergence', `${differing.join(', ')}: not what the leader has.`, [], false)]
  if (wrong.length + diverged.length > 0) return [...wrong, ...diverged]
  const figures = [...kinds.map(({ figure }) => figure), 'replica_divergence']
  if (unread.length > 0) return [unknown(VECTORS, figures, `${unread.join(', ')} could not be read.`)]
  const why = 'Every vector is as it was last acknowledged, on the shard that the map names, and alike in every copy.'
  return [{ name: VECTORS, verdict: 'pass', why, evidence: [], figures }]
}

function checkSearches(searches: SearchCounts | null, isLossy: boolean): readonly WorkloadCheck[] {
  const figures = ['silent_partial_answers', 'low_recall_answers', 'late_answers']
  if (searches === null || searches.judged === 0) return [unknown(SEARCHES, figures, 'No answer to a search was kept.')]
  const { judged, silentPartial, lowRecall, late, starved, marked } = searches
  const wrong = [
    ...(silentPartial > 0
      ? [
          failed(
            SEARCHES,
            'silent_partial_answers',
            `${silentPartial} of ${judged} answers lacked a shard or a vector, and did not say so.`,
            [],
            isLossy,
          ),
        ]
      : []),
    ...(lowRecall > 0
      ? [
          failed(
            SEARCHES,
            'low_recall_answers',
            `${lowRecall} of ${judged} answers found less than 95 % of the nearest.`,
            [],
            isLossy,
          ),
        ]
      : []),
    ...(late > 0
      ? [
          failed(
            SEARCHES,
            'late_answers',
            `${grouped(late)} of ${grouped(judged)} answers came after their deadline.`,
            [],
            false,
          ),
        ]
      : []),
  ]
  if (wrong.length > 0) return wrong
  if (starved > 0) {
    const why = `${grouped(starved)} of ${grouped(judged)} answers came after their deadline, and the machine had kept the gateway waiting for a processor for as long.`
    return [unknown(SEARCHES, ['late_answers'], why)]
  }
  const why = `Each of the ${grouped(judged)} answers had the nearest of what was acknowledged, or said that it was not whole (${marked}).`
  return [{ name: SEARCHES, verdict: 'pass', why, evidence: [], figures }]
}

/** What is gone is missing in answers, too: then who expects the loss has spoken of it. */
function failed(
  name: string,
  figure: string,
  why: string,
  evidence: readonly number[],
  isLossy: boolean,
): WorkloadCheck {
  const isOfLoss = isLossy && FIGURES.find((each) => each.name === figure)?.isPartOfLoss === true
  const figures = [figure, ...(isOfLoss ? ['lost_writes'] : [])]
  return { name, verdict: 'fail', why, evidence: evidence.slice(0, MOST_EVIDENCE), figures }
}

function unknown(name: string, figures: readonly string[], why: string): WorkloadCheck {
  return { name, verdict: 'unknown', why, evidence: [], figures }
}

/** What became of the vectors, and what searches showed of them. */
export function sectionOf({ counts, examples }: Told): Section {
  return {
    title: 'Vectors and searches',
    lead: 'Every shard was read back from its leader, and every search was held against what had been acknowledged before it was sent.',
    rows: FIGURES.flatMap(({ name, about }) => {
      const count = counts[name]
      return count === undefined ? [] : [sectionRow(name.replaceAll('_', ' '), count, about, name !== 'marked_answers')]
    }),
    lines: examples,
  }
}
