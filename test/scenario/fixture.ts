import { summarise } from '../../src/report/summarise.ts'
import type { Summary } from '../../src/report/summary-schema.ts'
import type { Trial } from '../../src/scenario/judge.ts'
import { parseScenario, type Stage } from '../../src/scenario/read-scenario.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { parts } from '../faults/fake-world.ts'
import { auditOf, cleanCounts, leaderKill, wholeLedger } from '../report/fixture.ts'

export const stage: Stage = { parts, hasSecondProxy: false }

/** The least that a scenario file has to say, and more. */
export function scenario(more = '', steps = '  - hold: 1s'): Scenario {
  return parseScenario('test.yaml', `name: a test\nsteps:\n${steps}\n${more}\n`, stage)
}

const audit = auditOf(cleanCounts, { verdict: 'pass', why: 'all there', evidence: [] })

/** Of the leader that is killed in the report's fixture: 20 s of write outage, one failover, nothing lost. */
export const killed: Summary = (
  await summarise({ name: 'leader kill', events: leaderKill(), ledger: wholeLedger, audit })
).summary

/** The same with other figures. */
export function summary(change: {
  readonly writes?: Partial<Summary['writes']>
  readonly outageMs?: number | null
  readonly more?: Partial<Summary>
}): Summary {
  const { writes = {}, outageMs, more = {} } = change
  const [outage] = killed.outages
  const outages =
    outage === undefined || outageMs === undefined
      ? killed.outages
      : outageMs === 0
        ? []
        : [{ ...outage, durationMs: outageMs, toMs: outageMs === null ? null : outage.fromMs + outageMs }]
  return { ...killed, outages, writes: { ...killed.writes, ...writes }, ...more }
}

export function trial(change: Partial<Trial> = {}): Trial {
  return { number: 1, folder: null, summary: killed, failure: null, error: null, stuck: [], looks: [], ...change }
}
