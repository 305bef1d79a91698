import { kill as killFault } from '../faults/container/kill.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import type { Failover } from '../model/explained.ts'
import { latestAnatomy } from '../model/explained.ts'
import { outageMs } from '../model/outage.ts'
import { seededRng } from '../model/rng.ts'
import type { State } from '../model/state.ts'
import { formatDuration } from '../model/units.ts'
import { patroniOf } from '../systems/patroni/state.ts'
import { isHealthy, leaderOf, problemsOf } from '../systems/state.ts'
import { systemOf } from '../systems/systems.ts'
import { linePrinter } from './line-printer.ts'

const BASELINE_WRITES = 250
const FAILOVER_TIMEOUT_MS = 120_000
const RECOVERY_TIMEOUT_MS = 180_000

/**
 * Traffic on, kill the leader, watch the failover, bring the node back, say what happened: in plain text.
 * @returns whether the cluster took over and became whole again
 */
export async function runFirstExperiment(
  lab: Lab,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const detach = lab.log.attach(linePrinter(lab.live, print))
  try {
    print('\nFirst experiment: what happens when the leader dies?\n')
    await lab.live.until(isHealthy, deadline(signal, RECOVERY_TIMEOUT_MS))
    lab.setTraffic({ isOn: true })
    await lab.live.until((s) => s.traffic.totals.write.ok >= BASELINE_WRITES, deadline(signal, RECOVERY_TIMEOUT_MS))

    const leader = leaderOf(lab.live.current()) as string
    if (!(await kill(lab, leader, signal))) return false
    const failover = await awaitFailover(lab, leader, signal)
    const stuck = (await lab.faults?.heal(leader)) ?? []
    if (stuck.length > 0) return false
    const isWhole = await awaitWhole(lab, signal)
    lab.setTraffic({ isOn: false })
    print(summary(lab.live.current(), leader, failover, isWhole))
    return failover !== null && isWhole
  } finally {
    detach()
  }
}

/** @returns whether it was killed; why not is in the log */
async function kill({ faults }: Lab, leader: string, signal: AbortSignal): Promise<boolean> {
  if (faults === null) throw new Error(NOTHING_TO_TOUCH)
  const order = {
    kind: killFault,
    params: killFault.schema.parse({}),
    target: { type: 'name', name: leader },
    name: leader,
  } as const
  return faults.inject(order, seededRng(''), signal).then(
    () => true,
    () => false,
  )
}

/** The failover away from `leader`, once clients can write again; null when that takes too long. */
async function awaitFailover(lab: Lab, leader: string, signal: AbortSignal): Promise<Failover | null> {
  const find = (state: State) => state.failovers.findLast((each) => each.from === leader && each.outage !== null)
  const state = await until(lab, (s) => find(s) !== undefined, signal, FAILOVER_TIMEOUT_MS)
  return state === null ? null : (find(state) ?? null)
}

async function awaitWhole(lab: Lab, signal: AbortSignal): Promise<boolean> {
  return (await until(lab, isHealthy, signal, RECOVERY_TIMEOUT_MS)) !== null
}

/** The first state in which `predicate` holds; null when it takes too long. An interruption is passed on. */
async function until(
  lab: Lab,
  predicate: (state: State) => boolean,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<State | null> {
  try {
    return await lab.live.until(predicate, deadline(signal, timeoutMs))
  } catch (error) {
    if (signal.aborted) throw error
    return null
  }
}

function deadline(signal: AbortSignal, timeoutMs: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
}

function summary(state: State, leader: string, failover: Failover | null, isWhole: boolean): string {
  const { write, read } = state.traffic.totals
  const lines = ['', 'What happened']
  if (failover?.outage) {
    const lengthMs = outageMs(failover.outage)
    const config = patroniOf(state).config.value
    lines.push(
      `  ${leader} was killed; ${failover.to} took the leader key and was promoted.`,
      `  Clients could not write for ${lengthMs === null ? 'an unknown time' : formatDuration(lengthMs)}` +
        `${config ? ` (ttl ${config.ttlSeconds} s, loop_wait ${config.loopWaitSeconds} s)` : ''}.`,
    )
  } else {
    lines.push(`  ${leader} was killed, and within ${formatDuration(FAILOVER_TIMEOUT_MS)} nobody took over.`)
  }
  const anatomy = latestAnatomy(state.anatomy)
  if (anatomy)
    lines.push(
      '',
      '  Where the time went',
      ...systemOf(state.lab)
        .words.tellAnatomy(anatomy)
        .map((line) => `    ${line}`),
      '',
    )
  lines.push(
    isWhole
      ? `  ${leader} came back; the cluster is whole again.`
      : `  The cluster is not whole: ${problemsOf(state).join('; ')}.`,
    `  Writes: ${write.ok} acknowledged, ${write.failed} failed, ${write.unknown} unknown, ${write.dropped} dropped.`,
    `  Reads:  ${read.ok} answered, ${read.failed} failed, ${read.unknown} unknown, ${read.dropped} dropped.`,
  )
  return lines.join('\n')
}
