import type { FigureValue } from '../model/figure-value.ts'
import { figures } from './figures.ts'
import type { SuiteScenario } from './suite-schema.ts'
import type { Summary } from './summary-schema.ts'
import { tellSettings } from './words/circumstances.ts'

type Verdict = Summary['verdict']['verdict']

/** What is compared: one run, or the repeats of one scenario. */
export interface Compared {
  /** What it is called beside the others. */
  readonly label: string
  /** Where it is kept, as it was given. */
  readonly folder: string
  /** The file of its own report; null when there is none. */
  readonly report: string | null
  readonly lab: string | null
  readonly verdict: Verdict
  /** How the cluster was configured, as far as it is known. */
  readonly settings: Readonly<Record<string, string>>
  readonly writesPerSecond: number | null
  readonly readsPerSecond: number | null
  /** The longest of the repeats. */
  readonly durationMs: number | null
  /** By what was broken, not by its name; null when that is not known, or the repeats differ. */
  readonly faults: readonly ComparedFault[] | null
  /** Of every repeat, by figure. One that the run does not have at all is not there. */
  readonly figures: Readonly<Record<string, readonly FigureValue[]>>
}

interface ComparedFault {
  /** What the part was when it landed, else its name: the same fault meets another node each time. */
  readonly target: string
  readonly fault: string
  readonly how: Summary['faults'][number]['how']
  readonly text: string
  /** Null when it was not lifted before the end. */
  readonly heldMs: number | null
}

/** In what these differ besides what they came to, so that it is no fair comparison. */
export type Mismatch = 'unknown-faults' | 'faults' | 'held' | 'traffic' | 'length'

export interface Comparison {
  /** The scenario that all of these are runs of; null when they were put side by side by hand. */
  readonly title: string | null
  readonly columns: readonly Compared[]
  /** The settings that are not the same in all. */
  readonly differing: readonly string[]
  readonly mismatches: readonly Mismatch[]
}

/** One repeat, by its recording; where that is gone, by what was kept of it. */
export type Repeat =
  | { readonly summary: Summary }
  | { readonly summary: null; readonly kept: Readonly<Record<string, FigureValue>>; readonly durationMs: number | null }

/** The repeats of one scenario, or the one run, as a column. */
export function toColumn(
  about: Pick<Compared, 'label' | 'folder' | 'report'> & { readonly verdict?: Verdict; readonly lab?: string },
  repeats: readonly Repeat[],
  scenario: SuiteScenario | null = null,
): Compared {
  const summaries = repeats.flatMap(({ summary }) => summary ?? [])
  const settings = summaries[0]?.settings ?? scenario?.settings ?? null
  const durations = repeats.flatMap((each) => (each.summary ?? each).durationMs ?? [])
  return {
    label: about.label,
    folder: about.folder,
    report: about.report,
    lab: about.lab ?? summaries[0]?.lab ?? null,
    verdict: about.verdict ?? summaries[0]?.verdict.verdict ?? 'unknown',
    settings: settings === null ? {} : Object.fromEntries(tellSettings(settings)),
    writesPerSecond: scenario?.writesPerSecond ?? settings?.writesPerSecond ?? null,
    readsPerSecond: scenario?.readsPerSecond ?? settings?.readsPerSecond ?? null,
    durationMs: durations.length === 0 ? null : Math.max(...durations),
    faults: summaries.length < repeats.length ? null : sameFaults(summaries.map(faultsOf)),
    figures: figuresOf(repeats),
  }
}

function figuresOf(repeats: readonly Repeat[]): Compared['figures'] {
  const each = repeats.map((repeat) => {
    return repeat.summary === null
      ? repeat.kept
      : Object.fromEntries(figures.map((figure) => [figure.name, figure.read(repeat.summary)]))
  })
  const names = new Set(each.flatMap((one) => Object.keys(one)))
  return Object.fromEntries(
    [...names].map((name) => [name, each.map((one) => (Object.hasOwn(one, name) ? (one[name] ?? null) : null))]),
  )
}

function faultsOf({ faults }: Summary): readonly ComparedFault[] {
  return faults.map(({ part, role, fault, how, text, landedMs, liftedMs }) => {
    return { target: role ?? part, fault, how, text, heldMs: liftedMs === null ? null : liftedMs - landedMs }
  })
}

/** The first repeat's, where all have the same. */
function sameFaults(repeats: readonly (readonly ComparedFault[])[]): readonly ComparedFault[] | null {
  return isOne(repeats.map(kindsOf)) ? (repeats[0] ?? null) : null
}

/** Puts columns side by side. */
export function compare(title: string | null, columns: readonly Compared[]): Comparison {
  const names = [...new Set(columns.flatMap(({ settings }) => Object.keys(settings)))]
  return {
    title,
    columns,
    differing: names.filter((name) => !isOne(columns.map(({ settings }) => settings[name] ?? ''))),
    mismatches: mismatchesOf(columns),
  }
}

function mismatchesOf(columns: readonly Compared[]): Mismatch[] {
  const known = columns.flatMap(({ faults }) => (faults === null ? [] : [faults]))
  const hasSameFaults = isOne(known.map(kindsOf))
  const traffic = columns.map(({ writesPerSecond, readsPerSecond }) => `${writesPerSecond} ${readsPerSecond}`)
  const checks: readonly (readonly [Mismatch, boolean])[] = [
    ['unknown-faults', known.length < columns.length],
    ['faults', !hasSameFaults],
    ['held', hasSameFaults && !isHeldAlike(known)],
    ['traffic', !isOne(traffic)],
    ['length', !isAlike(columns.map(({ durationMs }) => durationMs))],
  ]
  return checks.flatMap(([mismatch, isThere]) => (isThere ? [mismatch] : []))
}

/** What was broken, and how, whatever came first of what was broken at once. */
function kindsOf(faults: readonly ComparedFault[]): string {
  return injected(faults)
    .map(({ target, fault, how }) => `${target} ${fault} ${how}`)
    .sort()
    .join('\n')
}

/** What ended by itself is a consequence: a result, as an outage is. */
function injected(faults: readonly ComparedFault[]): readonly ComparedFault[] {
  return faults.filter(({ how }) => how !== 'ended')
}

function isHeldAlike(all: readonly (readonly ComparedFault[])[]): boolean {
  const inOrder = all.map((faults) => injected(faults).toSorted((a, b) => (kindsOf([a]) < kindsOf([b]) ? -1 : 1)))
  return (inOrder[0] ?? []).every((_, index) => isAlike(inOrder.map((faults) => faults[index]?.heldMs ?? null)))
}

/** What takes a node or a container a moment longer to do is no difference. */
const TOLERATED_MS = 2_000
const TOLERATED_SHARE = 0.2

/** Whether lengths are the same but for chance; one that is not known, or has no end, is like none that has one. */
function isAlike(lengthsMs: readonly (number | null)[]): boolean {
  const known = lengthsMs.flatMap((ms) => ms ?? [])
  if (known.length < lengthsMs.length) return known.length === 0
  const [least, most] = [Math.min(...known), Math.max(...known)]
  return most - least <= Math.max(TOLERATED_MS, TOLERATED_SHARE * most)
}

function isOne(values: readonly string[]): boolean {
  return new Set(values).size <= 1
}
