import { reasonsOf, tellReason } from '../judge-run.ts'
import type { Summary } from '../summary-schema.ts'
import { tellOutAlone } from './out-alone.ts'

/** Why a run's verdict is what it is: in a sentence or a few; in a lab of several systems a line a reason, one after the other. */
export function verdictLines(summary: Summary): readonly string[] {
  return summary.instances === undefined ? [summary.verdict.why] : reasonsOf(summary).map(tellReason)
}

/** The same for the console, after the verdict itself. */
export function tellVerdict(summary: Summary): readonly string[] {
  const { verdict } = summary.verdict
  const lines = verdictLines(summary)
  const ofSome = summary.instances === undefined ? tellOutAlone(summary, 'write') : []
  const [first = '', ...others] = [...lines, ...ofSome.filter((sentence) => !lines.join(' ').includes(sentence))]
  return others.length === 0
    ? [`${verdict}: ${first}`]
    : [`${verdict}:`, ...[first, ...others].map((line) => `  ${line}`)]
}
