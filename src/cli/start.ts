import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Lab } from '../lab/lab.ts'
import { tellUnderWay } from '../lab/under-way.ts'
import type { RecordOptions } from './attach.ts'
import { commandWith } from './command-with.ts'
import { exitOf, finishRun, tellFinished } from './finish-run.ts'
import { runFirstExperiment } from './first-experiment.ts'
import { interruptSignal } from './interrupt.ts'
import { startMetrics } from './metrics.ts'
import { newRunRecord, type RunRecord } from './run-record.ts'
import { showLab, type UiOptions } from './ui.ts'
import { bringUp, type UpOptions } from './up.ts'

/** Brings the cluster up, then opens the screen; without a terminal it runs the first experiment in plain text. */
export async function start(options: UpOptions & UiOptions & RecordOptions): Promise<void> {
  const signal = interruptSignal()
  const isScreen = process.stdin.isTTY && process.stdout.isTTY
  // Clients that know several proxies need two at least.
  const proxies = options.endpoints === 'all' ? Math.max(2, options.proxies) : options.proxies
  const keep = () => newRunRecord(options, isScreen ? 'screen' : 'first experiment')
  const how = { ...options, proxies, recreate: !isScreen }
  const { endpoints, pipeline } = options
  const broughtUp = bringUp(how, signal, { keep, endpoints, pipeline })
  // The screen is loaded while others are waited for; whether it can be shows when it is.
  if (isScreen) import('../tui/screen.tsx').catch(() => {})
  const { lab, record } = await broughtUp
  if (isScreen) return showLab(lab, options, record, signal)

  await tellUnderWay(lab.definition)
  const endMetrics = await startMetrics(lab, options, console.error)
  let isRecovered = false
  try {
    isRecovered = await experiment(lab, options, record, signal)
  } finally {
    const ending = finishRun(lab, { record, reason: 'first experiment ended', signal })
    const finished = await ending.finally(() => endMetrics())
    // A lab's own experiment has said itself what came of it; the lab only looked on.
    const isOwn = lab.definition.experiment !== undefined
    for (const line of isOwn ? [] : tellFinished(finished)) console.log(`  ${line}`)
    process.exitCode = isRecovered ? (isOwn ? 0 : exitOf(finished)) : 1
  }
  console.log(`\nThe cluster goes on running; \`${commandWith(options.lab, 'down')}\` takes it down.`)
}

/** The lab's own, or the one that every system can do. @returns whether it ended as it should */
async function experiment(
  lab: Lab,
  { writes, reads }: RecordOptions & UiOptions,
  { folder }: RunRecord,
  signal: AbortSignal,
): Promise<boolean> {
  const { experiment: script, folder: at } = lab.definition
  if (script !== undefined) {
    const out = folder === null ? [] : ['--out', folder]
    return runOwnExperiment([path.resolve(at, script), ...out], signal)
  }
  lab.setTraffic({ writesPerSecond: writes, readsPerSecond: reads })
  return runFirstExperiment(lab, (line) => console.log(line), signal)
}

/** Runs a lab's own experiment on this terminal's own streams, while the lab looks on. @returns whether it ended well */
export async function runOwnExperiment(script: readonly string[], signal: AbortSignal): Promise<boolean> {
  const child = spawn(process.execPath, [...script], { stdio: ['ignore', 'inherit', 'inherit'], signal })
  const [code] = await once(child, 'exit')
  return code === 0
}
