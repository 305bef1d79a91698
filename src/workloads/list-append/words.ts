import type { WorkloadCheck, WorkloadFindings } from '../../model/audit.ts'
import { type Section, sectionRow } from '../../model/section.ts'
import { formatClock } from '../../model/units.ts'
import { grouped, many } from '../../model/words.ts'
import type { Told, WorkloadFigure } from '../workload.ts'
import type { MarkedBranch } from './branch.ts'
import type { ListFindings, ListFork, NotKept } from './judge-lists.ts'
import type { StaleAnswer } from './list-book.ts'

export const TYPE = 'list-append'
/** The name of its checks in a summary. */
export const LISTS = 'lists'

export const FIGURES: readonly WorkloadFigure[] = [
  { name: 'forked_lists', about: 'lists of which two answers contradict each other', isPartOfLoss: true },
  {
    name: 'lists_not_kept',
    about: 'lists of which an answer is not the beginning of the list as it is now',
    isPartOfLoss: true,
  },
  {
    name: 'vanished_elements',
    about: 'elements that an answer showed and that are in no list now',
    isPartOfLoss: true,
  },
  {
    name: 'aborted_elements',
    about: 'elements that an answer showed, though their append had failed or was never made',
  },
  { name: 'repeated_elements', about: 'elements that stood twice in an answer' },
  {
    name: 'stale_leader_answers',
    about: 'answers of a leader that lacked what a leader had shown before',
    isPartOfLoss: true,
  },
  { name: 'appends_not_shown', about: 'appends whose answer did not end with what was appended' },
]

type FigureName = (typeof FIGURES)[number]['name']

/** One kind of finding: how many, the sentence about all, the first few, and whether the loss of writes explains it. */
interface Kind {
  readonly figure: FigureName
  readonly count: number
  readonly why: string
  readonly examples: readonly string[]
  readonly evidence: readonly number[]
  readonly isOfLoss: boolean
}

const MOST_EXAMPLES = 3
const MOST_EVIDENCE = 100

/** What the findings come to, as an audit tells it. */
export function findingsOf(found: ListFindings, isLossy: boolean): WorkloadFindings {
  const kinds = kindsOf(found, isLossy)
  const wrong = kinds.filter(({ count }) => count > 0)
  const checks = wrong.map(({ figure, why, evidence, isOfLoss }): WorkloadCheck => {
    // What was shown before it was lost is a part of the loss, where acknowledged writes were lost too.
    const figures = [figure, ...(isOfLoss && isLossy ? ['lost_writes'] : [])]
    return { name: LISTS, verdict: 'fail', why, evidence: evidence.slice(0, MOST_EVIDENCE), figures }
  })
  return {
    type: TYPE,
    checks: checks.length > 0 ? checks : [nothingWrong(found)],
    counts: Object.fromEntries(kinds.map(({ figure, count }) => [figure, count])),
    examples: wrong.flatMap(({ examples }) => examples),
  }
}

function nothingWrong({ answers, lists, isHeld }: ListFindings): WorkloadCheck {
  const figures = FIGURES.map(({ name }) => name)
  const unknown = (why: string): WorkloadCheck => ({ name: LISTS, verdict: 'unknown', why, evidence: [], figures })
  if (answers === 0) return unknown('No answer with a list was kept.')
  const all = `${grouped(answers)} answers that showed ${lists === 1 ? 'a list' : `${grouped(lists)} lists`}`
  if (!isHeld)
    return unknown(`No two of the ${all} contradict each other, but the lists as they are now were not read.`)
  const why = `Each of the ${all} is the beginning of its list as it is now, and none of a leader lacks what was shown before.`
  return { name: LISTS, verdict: 'pass', why, evidence: [], figures }
}

function kindsOf(found: ListFindings, isLossy: boolean): readonly Kind[] {
  return [...contradictions(found, isLossy), ...wrongElements(found), ...wrongAnswers(found)]
}

function elements(shown: readonly { readonly element: number }[]): number[] {
  return shown.map(({ element }) => element)
}

function first<T>(items: readonly T[], tell: (item: T) => string): string[] {
  return items.slice(0, MOST_EXAMPLES).map(tell)
}

/** Lists that are, or were shown, otherwise than they had been. */
function contradictions({ forked, notKept, vanished }: ListFindings, isLossy: boolean): readonly Kind[] {
  const listsNotKept = new Set(notKept.map(({ list }) => list)).size
  const gone = isLossy ? '' : ' None had been acknowledged with every guarantee.'
  return [
    {
      figure: 'forked_lists',
      count: forked.length,
      why: `${many(forked.length, 'list was', 'lists were')} shown with contents that contradict each other: the history forked.`,
      examples: first(forked, tellFork),
      evidence: forked.flatMap(({ one, other, shared }) =>
        [one, other].flatMap((each) => each?.elements[shared] ?? []),
      ),
      isOfLoss: forked.every(({ isOfLoss }) => isOfLoss),
    },
    {
      figure: 'lists_not_kept',
      count: listsNotKept,
      why: `${many(listsNotKept, 'list was', 'lists were')} shown with what is not the beginning of the list as it is now.`,
      examples: first(notKept, tellNotKept),
      evidence: elements(notKept),
      isOfLoss: notKept.every(({ isOfLoss }) => isOfLoss),
    },
    {
      figure: 'vanished_elements',
      count: vanished.length,
      why: `${many(vanished.length, 'element that an answer showed is', 'elements that answers showed are')} gone.${gone}`,
      examples: [],
      evidence: elements(vanished),
      isOfLoss: true,
    },
  ]
}

/** Elements that should not have been in a list. */
function wrongElements({ aborted, repeated }: ListFindings): readonly Kind[] {
  return [
    {
      figure: 'aborted_elements',
      count: aborted.length,
      why: `${many(aborted.length, 'element was', 'elements were')} shown, though the append had failed or was never made.`,
      examples: first(
        aborted,
        ({ list, element }) => `List ${list} was shown with ${element}, which nobody had appended.`,
      ),
      evidence: elements(aborted),
      isOfLoss: false,
    },
    {
      figure: 'repeated_elements',
      count: repeated.count,
      why: `${many(repeated.count, 'element stood', 'elements stood')} more than once in a list that was shown.`,
      examples: first(
        repeated.first,
        ({ list, element, server, atMs }) =>
          `${by(server)} showed list ${list} with ${element} twice at ${formatClock(atMs)}.`,
      ),
      evidence: elements(repeated.first),
      isOfLoss: false,
    },
  ]
}

/** Answers that lack what they should have shown. */
function wrongAnswers({ stale, notShown }: ListFindings): readonly Kind[] {
  return [
    {
      figure: 'stale_leader_answers',
      count: stale.count,
      why: `${many(stale.count, 'answer of a leader lacks', 'answers of leaders lack')} what a leader had shown before it was asked for.`,
      examples: first(stale.first, tellStale),
      evidence: elements(stale.first),
      isOfLoss: stale.isOfLoss,
    },
    {
      figure: 'appends_not_shown',
      count: notShown.count,
      why: `${many(notShown.count, 'append was', 'appends were')} acknowledged with a list that does not end with the element.`,
      examples: first(
        notShown.first,
        ({ list, own, server, answeredMs }) =>
          `${by(server)} acknowledged ${own} at ${formatClock(answeredMs)} with list ${list} not ending with it.`,
      ),
      evidence: notShown.first.flatMap(({ own }) => own ?? []),
      isOfLoss: false,
    },
  ]
}

function by(server: string | null): string {
  return server ?? 'a server'
}

function tellFork({ list, one, other, shared }: ListFork): string {
  if (other === null) return `List ${list} was shown with more contents than could be kept apart.`
  const after = shared === 0 ? 'from its first element on' : `after its first ${many(shared, 'element')}`
  return `List ${list} was shown in two ways ${after}: ${wayOf(one, shared)}, and ${wayOf(other, shared)}.`
}

function wayOf({ elements, server, fromMs }: MarkedBranch, shared: number): string {
  return `with ${elements[shared] ?? 'nothing'} next, first by ${by(server)} at ${formatClock(fromMs)}`
}

function tellNotKept({ list, at, element, branch, isOfLoss }: NotKept): string {
  const now = isOfLoss ? 'is in no list now' : 'stands elsewhere now'
  return `List ${list} was shown with ${element} at place ${at} (${by(branch.server)}), which ${now}.`
}

function tellStale({ answer, length, element, shownMs }: StaleAnswer): string {
  const { list, server, sentMs } = answer
  return `Asked at ${formatClock(sentMs)}, ${by(server)} showed list ${list} with ${many(length, 'element')}, without ${element}, which had been shown at ${formatClock(shownMs)}.`
}

/** Its section of a report. */
export function sectionOf({ counts, examples }: Told): Section {
  return {
    title: 'What became of the lists',
    lead:
      'Every write appended its number to one of sixteen lists, and every answer was a whole list. Lists only grow at ' +
      'their end: so each answer has to be the beginning of the list as it is now, and no answer of a leader may lack ' +
      'what a leader had shown before it was asked for. Replicas may be behind.',
    rows: FIGURES.map(({ name, about }) => sectionRow(name.replaceAll('_', ' '), counts[name] ?? 0, `${about}.`, true)),
    lines: examples,
  }
}
