import { many } from '../model/words.ts'
import type { Page } from './page.ts'
import { suiteComparison } from './sections/comparison.ts'
import { scenarioSection } from './sections/scenario.ts'
import type { Suite } from './suite-schema.ts'
import { suiteFigures, suiteHeadline, suiteReasons, suiteWhen } from './words/suite.ts'

/** The report of a suite, to stand in the folder that its runs are named from, so that it can lead to their reports. */
export function suitePage(suite: Suite): Page {
  const { scenarios, version, judgement, lab } = suite
  const [only] = scenarios
  const count = many(scenarios.length, 'scenario')
  return {
    title: `${judgement}: ${only !== undefined && scenarios.length === 1 ? only.name : `${count} on ${lab}`}`,
    name: count,
    when: suiteWhen(suite),
    verdict: judgement,
    heading: suiteHeadline(suite),
    reasons: suiteReasons(suite),
    cards: suiteFigures(suite),
    sections: [suiteComparison(suite), ...scenarios.map((scenario, index) => scenarioSection(suite, scenario, index))],
    footer: `Made by chaoslab ${version}. Every figure of every run is in suite.json, too.`,
  }
}
