import path from 'node:path'
import type { Suite, SuiteScenario } from '../report/suite-schema.ts'
import type { Summary } from '../report/summary-schema.ts'
import { figures } from './figures.ts'
import { type ScenarioResult, type Trial, whyIncomplete, worstOf } from './judge.ts'
import { describeStep } from './scenario.ts'

export interface SuiteAbout {
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
  const { scenario, source, seed, judgement, why, expectations, trials } = result
  const { name, description, question, cluster, traffic, steps } = scenario
  return {
    name,
    description,
    question,
    source,
    seed,
    judgement,
    why,
    cluster: Object.fromEntries(Object.entries(cluster).filter(([, value]) => value !== undefined)),
    settings: firstSummary(trials)?.settings ?? null,
    ...traffic,
    steps: steps.map(describeStep),
    expectations: expectations.map(({ values, bounds, ...rest }) => ({
      ...rest,
      bounds: [...bounds],
      values: values.map(toValue),
    })),
    repeats: trials.map(({ number, folder: own, summary, error, failure, stuck, looks }) => ({
      number,
      folder: own === null ? null : path.relative(folder, own).split(path.sep).join('/'),
      durationMs: summary?.durationMs ?? null,
      error,
      failure,
      incomplete: whyIncomplete(summary),
      stuck: [...stuck],
      looks: [...looks],
      figures: Object.fromEntries(
        figures.map((figure) => [figure.name, summary === null ? null : toValue(figure.read(summary))]),
      ),
    })),
  }
}

function firstSummary(trials: readonly Trial[]): Summary | null {
  return trials.find(({ summary }) => summary !== null)?.summary ?? null
}

/** JSON has no infinity. */
function toValue(value: number | null): number | 'not over' | null {
  return value === Number.POSITIVE_INFINITY ? 'not over' : value
}
