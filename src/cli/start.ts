import { runFirstExperiment } from './first-experiment.ts'
import { interruptSignal } from './interrupt.ts'
import { showLab, type UiOptions } from './ui.ts'
import { bringUp, type UpOptions } from './up.ts'

/** Brings the cluster up, then opens the screen; without a terminal it runs the first experiment in plain text. */
export async function start(options: UpOptions & UiOptions): Promise<void> {
  const signal = interruptSignal()
  const lab = await bringUp(options, signal)
  if (process.stdin.isTTY && process.stdout.isTTY) return showLab(lab, options, signal)
  try {
    lab.setTraffic({ writesPerSecond: options.writes, readsPerSecond: options.reads })
    const isRecovered = await runFirstExperiment(lab, (line) => console.log(line), signal)
    process.exitCode = isRecovered ? 0 : 1
  } finally {
    await lab.close('first experiment ended')
  }
  console.log('\nThe cluster goes on running; `chaoslab down` takes it down.')
}
