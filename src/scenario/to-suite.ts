import path from 'node:path'
import { worstOf } from '../model/verdict.ts'
import { figures } from '../report/figures.ts'
import { tellReason } from '../report/judge-run.ts'
import { phaseRanges } from '../report/phase-ranges.ts'
import type { Suite, SuiteScenario } from '../report/suite-schema.ts'
import type { Summary } from '../report/summary-schema.ts'
import { type ScenarioResult, type Trial, whyIncomplete } from './judge.ts'
import { describeStep } from './scenario.ts'

interface SuiteAbout {
  readonly lab: string
  /** As it was given with --lab; null for the lab that ships. */
  readonly labFile: string | null
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number
  /** Where suite.json will be: the runs are named from there. */
  readonly folder: string
}

/** The results of scenarios as one document. */
export function toSuite(results: readonly ScenarioResult[], { folder, ...about }: SuiteAbout): Suite {
  return {
    format: 1,
    ...about,
    versions: firstSummary(results.flatMap(({ trials }) => trials))?.versions ?? null,
    judgement: worstOf(results.map(({ judgement }) => judgement)),
    figures: figures.map(({ name, unit, about }) => ({ name, unit, about })),
    scenarios: results.map((result) => toScenario(result, folder)),
  }
}

function toScenario(result: ScenarioResult, folder: string): SuiteScenario {
  const { scenario, source, seed, judgement, reasons, expectations, trials } = result
  const { name, description, tags, cluster, traffic, steps } = scenario
  return {
    name,
    description,
    tags: [...tags],
    source,
    seed,
    judgement,
    why: reasons.join('; '),
    cluster: Object.fromEntries(
      Object.entries(cluster).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    settings: firstSummary(trials)?.settings ?? null,
    ...traffic,
    steps: steps.map(describeStep),
    expectations: expectations.map(({ values, bounds, ...rest }) => ({
      ...rest,
      bounds: [...bounds],
      values: [...values],
    })),
    phaseRanges: phaseRanges(trials.flatMap(({ summary }) => summary?.failovers ?? [])),
    repeats: trials.map(({ number, folder: own, summary, error, failure, stuck, looks }) => ({
      number,
      folder: own === null ? null : path.relative(folder, own).split(path.sep).join('/'),
      durationMs: summary?.durationMs ?? null,
      error,
      failure,
      incomplete: whyIncomplete(summary),
      verdict: summary?.verdict.verdict ?? 'unknown',
      findings: findingsOf(summary),
      stuck: [...stuck],
      looks: [...looks],
      ...explained(summary),
      figures: Object.fromEntries(
        figures.map((figure) => [figure.name, summary === null ? null : figure.read(summary)]),
      ),
    })),
  }
}

/** What was measured of why nobody was served, and for how long. */
function explained(summary: Summary | null): Pick<SuiteScenario['repeats'][number], 'outages' | 'failovers'> {
  const stepsOf = (phases: Summary['outages'][number]['phases']) =>
    phases.map(({ stage, awaited, pass, durationMs, cause, unproven }) => {
      return { stage, awaited, pass, durationMs, cause, unproven }
    })
  return {
    outages: (summary?.outages ?? []).map(({ kind, by, durationMs, atLeastMs, cause, phases }) => {
      return { kind, by, durationMs, atLeastMs, cause, phases: stepsOf(phases) }
    }),
    failovers: (summary?.failovers ?? []).map(({ from, to, phases }) => ({ from, to, phases: stepsOf(phases) })),
  }
}

function firstSummary(trials: readonly Trial[]): Summary | null {
  return trials.find(({ summary }) => summary !== null)?.summary ?? null
}

/** What its run found, left to an expectation or not. */
function findingsOf(summary: Summary | null) {
  return (summary?.checks ?? []).flatMap(({ name, of = null, verdict, why, isExpected }) => {
    const told = tellReason({ of, text: why })
    return verdict === 'pass' ? [] : [{ name: of === null ? name : `${of} ${name}`, verdict, why: told, isExpected }]
  })
}
