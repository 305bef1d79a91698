import type { RecordOptions } from './attach.ts'
import { newRunFolder } from './attach.ts'
import { finishRun, tellAudit } from './finish-run.ts'
import { runFirstExperiment } from './first-experiment.ts'
import { interruptSignal } from './interrupt.ts'
import { startMetrics } from './metrics.ts'
import { showLab, type UiOptions } from './ui.ts'
import { bringUp, type UpOptions } from './up.ts'

/** Brings the cluster up, then opens the screen; without a terminal it runs the first experiment in plain text. */
export async function start(options: UpOptions & UiOptions & RecordOptions): Promise<void> {
  const signal = interruptSignal()
  const isScreen = process.stdin.isTTY && process.stdout.isTTY
  let folder: string | null = null
  const makeFolder = async () => {
    folder = await newRunFolder(options, isScreen ? 'screen' : 'first experiment')
    return folder
  }
  // Clients that know two proxies need two.
  const proxies = options.endpoints === 'all' ? 2 : options.proxies
  const lab = await bringUp({ ...options, proxies }, signal, { folder: makeFolder, endpoints: options.endpoints })
  if (isScreen) return showLab(lab, options, folder, signal)

  const endMetrics = await startMetrics(lab, options)
  let isRecovered = false
  let problem: string | null = null
  try {
    lab.setTraffic({ writesPerSecond: options.writes, readsPerSecond: options.reads })
    isRecovered = await runFirstExperiment(lab, (line) => console.log(line), signal)
  } finally {
    const ending = finishRun(lab, { folder, reason: 'first experiment ended', signal })
    const { audited, problem: unwritten } = await ending.finally(() => endMetrics())
    problem = unwritten
    for (const line of tellAudit(audited)) console.log(`  ${line}`)
  }
  process.exitCode = !isRecovered ? 1 : problem !== null ? 2 : 0
  console.log('\nThe cluster goes on running; `chaoslab down` takes it down.')
}
