import { exec } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { insert, PORTS, RowCounter, roleOf, rowsOf } from './count.ts'
import type { ExperimentOptions } from './options.ts'
import type { Mark, Sample } from './plot.ts'

export interface Outcome {
  readonly samples: readonly Sample[]
  readonly marks: readonly Mark[]
  /** Names of acknowledged rows, and what the others were told. */
  readonly acknowledged: readonly string[]
  readonly errors: readonly string[]
  readonly directAcknowledged: readonly string[]
}

/** What is said on the way. */
type Say = (line: string) => void

/** The load, the fault in its middle, and the counting; everything is due at a time computed from the start. */
export async function runExperiment(options: ExperimentOptions, run: string, say: Say): Promise<Outcome> {
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  const loadSeconds = options.inserts / options.perSecond
  const acknowledged: string[] = []
  const directAcknowledged: string[] = []
  const errors: string[] = []
  const marks: Mark[] = []
  const samples: Sample[] = []
  const untilDue = (due: number) => sleep(Math.max(0, due - seconds()) * 1000)

  const write = async (port: number, name: string, list: string[]) => {
    const error = await insert(port, name)
    if (error === null) list.push(name)
    else if (port === PORTS.proxy) {
      errors.push(error)
      say(`${seconds().toFixed(1)} s: insert ${name} failed: ${error}`)
    }
  }
  const counters = { my_primary: new RowCounter('my_primary', run), my_standby: new RowCounter('my_standby', run) }
  const look = async (atSeconds: number) => {
    const [my_primary, my_standby] = await Promise.all([counters.my_primary.count(), counters.my_standby.count()])
    samples.push({ atSeconds, rows: { my_primary, my_standby } })
  }
  const load = async () => {
    const pending: Promise<void>[] = []
    for (let n = 0; n < options.inserts; n++) {
      await untilDue(n / options.perSecond)
      pending.push(write(PORTS.proxy, `${run}-${n}`, acknowledged))
    }
    await Promise.all(pending)
  }
  const total = loadSeconds + options.holdSeconds
  const direct = async () => {
    for (let n = 0; options.hasDirectClient && n / 5 < total; n++) {
      await untilDue(n / 5)
      await write(PORTS.my_primary, `direct-${run}-${n}`, directAcknowledged)
    }
  }
  const log = async () => {
    const pending: Promise<void>[] = []
    for (let n = 0; n / 10 <= total; n++) {
      await untilDue(n / 10)
      pending.push(look(seconds()))
    }
    await Promise.all(pending)
  }
  const act = async (due: number, command: string) => {
    await untilDue(due)
    marks.push({ atSeconds: seconds(), text: command.split('\n')[0] as string })
    say(`${seconds().toFixed(1)} s: ${command}`)
    await new Promise<void>((resolve) => {
      exec(command, (error) => {
        if (error) say(`it failed: ${error.message.trim()}`)
        resolve()
      })
    })
  }
  const break_ = async () => {
    if (options.fault !== '') await act(loadSeconds / 2, options.fault)
  }
  const repair = async () => {
    if (options.after !== null) await act(loadSeconds / 2 + options.afterSeconds, options.after)
  }
  await Promise.all([load(), log(), direct(), break_(), repair()])
  // What came after the last look: inserts that waited.
  await look(seconds())
  for (const counter of Object.values(counters)) counter.close()
  samples.sort((a, b) => a.atSeconds - b.atSeconds)
  return { samples, marks, acknowledged, errors, directAcknowledged }
}

/** How it ended: roles, and acknowledged rows that whoever leads has not. */
export async function closing(run: string, outcome: Outcome, leadsTo: 'my_primary' | 'my_standby') {
  const [my_primary, my_standby, rows, directRows] = await Promise.all([
    roleOf('my_primary'),
    roleOf('my_standby'),
    rowsOf(leadsTo, run),
    rowsOf(leadsTo, `direct-${run}`),
  ])
  const missing = (names: readonly string[], found: ReadonlySet<string> | null) =>
    found === null ? null : names.filter((name) => !found.has(name)).length
  return {
    roles: { my_primary, my_standby },
    arePrimariesTwo: my_primary === 'primary' && my_standby === 'primary',
    acknowledged: outcome.acknowledged.length,
    lost: missing(outcome.acknowledged, rows),
    directAcknowledged: outcome.directAcknowledged.length,
    directLost: missing(outcome.directAcknowledged, directRows),
  }
}
