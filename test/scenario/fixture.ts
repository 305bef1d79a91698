import type { FaultInForce } from '../../src/model/faults-in-force.ts'
import { checkHealing, checkRecording, checkSteps } from '../../src/report/audit-checks.ts'
import { checkSplitBrain } from '../../src/report/check-split-brain.ts'
import { judgeRun } from '../../src/report/judge-run.ts'
import { summarise } from '../../src/report/summarise.ts'
import type { Summary } from '../../src/report/summary-schema.ts'
import type { Trial } from '../../src/scenario/judge.ts'
import { parseScenario } from '../../src/scenario/read-scenario.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import type { Stage } from '../../src/scenario/stage.ts'
import { roles } from '../../src/systems/patroni/roles.ts'
import { parts } from '../faults/fake-world.ts'
import { auditOf, cleanCounts, leaderKill, wholeLedger } from '../report/fixture.ts'

export const stage: Stage = { parts, roles, missing: [], endpoints: 1, instances: [] }

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
  /** Of one that is not over. */
  readonly atLeastMs?: number
  readonly more?: Partial<Summary>
}): Summary {
  const { writes = {}, outageMs, atLeastMs = 5_000, more = {} } = change
  const [outage] = killed.outages
  const outages =
    outage === undefined || outageMs === undefined
      ? killed.outages
      : outageMs === 0
        ? []
        : [
            {
              ...outage,
              durationMs: outageMs,
              atLeastMs: outageMs ?? atLeastMs,
              toMs: outageMs === null ? null : outage.fromMs + outageMs,
            },
          ]
  const service = { ...killed.service, write: { ...killed.service.write, outages: totalsOf(outages) } }
  return { ...killed, outages, service, writes: { ...killed.writes, ...writes }, ...more }
}

function totalsOf(outages: Summary['outages']): Summary['service']['write']['outages'] {
  const lengths = outages.filter(({ toMs }) => toMs !== null).map(({ atLeastMs }) => atLeastMs)
  const totalMs = lengths.reduce((sum, each) => sum + each, 0)
  return { count: lengths.length, totalMs, longestMs: Math.max(0, ...lengths) }
}

/** A trial with the verdict of its run, as its report would give it: with findings for what the figures show. */
export function judged(each: Trial, { expectations }: Scenario): Trial {
  if (each.summary === null) return each
  const { failure, error } = each
  const { summary: run } = each
  const expected = expectations.map(({ figure, ...rest }) => ({ ...rest, figure: figure.name }))
  const counts = ['lost', 'unguardedLost', 'phantom', 'duplicated', 'neverAttempted'] as const
  const isBad = counts.some((count) => (run.writes[count] ?? 0) > 0)
  const checks = [
    checkSteps({ expected, ended: { failure, error } }),
    checkHealing(each.stuck.map((text) => stuckFault(text))),
    ...run.checks
      .filter(({ name }) => name === 'writes')
      .map((check) => (isBad ? { ...check, verdict: 'fail' as const, why: 'Rows are wrong.' } : check)),
    ...checkSplitBrain(run.splitBrain),
    checkRecording(run.isComplete ? null : run.whyIncomplete),
  ].filter((check) => check !== null)
  return { ...each, summary: { ...run, ...judgeRun(run, checks, expected, each.failure) } }
}

function stuckFault(error: string): FaultInForce {
  const stuck = { error, byHand: ['docker rm'] }
  const times = { requestedMs: 1, landedMs: 2 }
  return { id: '1', fault: 'isolate', parts: ['patroni1'], effects: ['cuts-part'], text: 'is cut off', ...times, stuck }
}

export function trial(change: Partial<Trial> = {}): Trial {
  return { number: 1, folder: null, summary: killed, failure: null, error: null, stuck: [], looks: [], ...change }
}
