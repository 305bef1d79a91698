import { auditLab } from '../lab/final-audit.ts'
import type { Lab } from '../lab/lab.ts'
import { tellUnderWay } from '../lab/under-way.ts'
import type { Sink } from '../log/event-log.ts'
import { createViewStore } from '../log/view-store.ts'
import { reducer } from '../systems/state.ts'
import { attach, type RecordOptions } from './attach.ts'
import { commandWith } from './command-with.ts'
import { createFaultConsole } from './fault-console.ts'
import { exitOf, finishRun, tellFinished } from './finish-run.ts'
import { healEarlier } from './heal.ts'
import { interruptSignal } from './interrupt.ts'
import { type MetricsCommandOptions, startMetrics } from './metrics.ts'
import type { ClientOptions, GlobalOptions } from './options.ts'
import { requireUp } from './require-up.ts'
import { newRunRecord, type RunRecord, sinksOf } from './run-record.ts'
import { createScenarioConsole } from './scenario-console.ts'
import { stageWith } from './scenario-entries.ts'
import { terminalProgress } from './terminal-progress.ts'

export interface UiOptions extends GlobalOptions, ClientOptions, RecordOptions, MetricsCommandOptions {
  /** Whether the traffic begins switched on; true unless it was declined. */
  readonly traffic?: boolean
}

/** Opens the screen on a cluster that runs. */
export async function ui(options: UiOptions): Promise<void> {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    throw new Error('the screen needs a terminal; chaoslab traffic and chaoslab status work without one')
  }
  await requireUp(options)
  const record = await newRunRecord(options, 'screen')
  const { folder } = record
  const { endpoints, pipeline, workload } = options
  const lab = await attach(options, { folder, endpoints, pipeline, workload, sinks: sinksOf(record) })
  await showLab(lab, options, record, interruptSignal())
}

/**
 * Heals what an earlier run left, then shows the screen until the user quits or the signal aborts; then stops the
 * scenario that runs, heals, audits, reports, and says what still runs; the exit code is by what the run came to. A
 * terminal that is gone stops none of it.
 */
export async function showLab(lab: Lab, options: UiOptions, record: RunRecord, signal: AbortSignal): Promise<void> {
  // A terminal that goes away takes nothing along: all is healed, audited and reported.
  process.stdin.on('error', () => {})
  await tellUnderWay(lab.definition)
  await healEarlier(lab, terminalProgress())
  const { showScreen } = await import('../tui/screen.tsx')
  // The lab's own state has taken each event in before the screen is told of it: once is enough.
  const { current } = lab.live
  const store = createViewStore({ ...reducer, reduce: current }, undefined, current())
  lab.log.attach(store)
  const messages: string[] = []
  const endMetrics = await startMetrics(lab, options, (line) => messages.push(line))
  lab.setTraffic({
    isOn: options.traffic !== false,
    writesPerSecond: options.writes,
    readsPerSecond: options.reads,
  })
  const scenarios = createScenarioConsole({
    lab,
    labFile: options.lab,
    stage: stageWith(lab.definition, lab.shape),
    endpoints: options.endpoints,
    pipeline: options.pipeline,
    signal,
  })
  const faults = createFaultConsole({ lab, labFile: options.lab, signal, endScenario: scenarios.end })
  const screen = showScreen({
    store,
    clock: lab.clock,
    control: {
      setTraffic: (change) => lab.setTraffic(change),
      audit: () => void auditLab(lab, signal),
      ...(faults === undefined ? {} : { faults }),
      ...(lab.hasRoutes ? { scenarios } : {}),
      quit: () => screen.close(),
    },
  })
  signal.addEventListener('abort', () => screen.close(), { once: true })
  for (const message of messages) screen.tell(message)
  lab.log.attach(troubleTeller((text) => screen.tell(text)))
  // A table that cannot be made now is no reason to show nothing: the traffic's errors will say so.
  lab.prepareWorkload(AbortSignal.any([signal, AbortSignal.timeout(10_000)])).catch((error: Error) => {
    lab.log.append({ type: 'note', level: 'warn', source: 'traffic', text: error.message })
  })
  try {
    await screen.waitUntilExit()
  } finally {
    await endScenario(scenarios)
    const finished = await finishRun(lab, { record, reason: 'quit', signal }).finally(() => endMetrics())
    for (const line of tellFinished(finished)) console.log(line)
    process.exitCode = signal.aborted ? 130 : exitOf(finished)
  }
  console.log(`The cluster ${lab.definition.name} goes on running.`)
  if (lab.definition.compose) {
    console.log(`${commandWith(options.lab, 'down')} takes it down and keeps its data; --volumes deletes that too.`)
  }
}

/** What befalls the lab itself is said when it happens: a disk that is full, above all. */
function troubleTeller(tell: (text: string) => void): Sink {
  return {
    onEvent(event) {
      if (event.type === 'note' && event.level === 'error' && event.source === 'lab') tell(event.text)
    },
  }
}

async function endScenario(scenarios: ReturnType<typeof createScenarioConsole>): Promise<void> {
  if (!scenarios.isRunning()) return
  await terminalProgress().step('stopping the scenario, and healing what it had in force', () => scenarios.end())
}
