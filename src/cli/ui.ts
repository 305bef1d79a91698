import type { Lab } from '../lab/lab.ts'
import { createViewStore } from '../log/view-store.ts'
import { attach } from './attach.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './main.ts'

export interface UiOptions extends GlobalOptions {
  readonly writes: number
  readonly reads: number
  /** Whether the traffic begins switched on; true unless it was declined. */
  readonly traffic?: boolean
}

/** Opens the screen on a cluster that runs. */
export async function ui(options: UiOptions): Promise<void> {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    throw new Error('the screen needs a terminal; chaoslab traffic and chaoslab status work without one')
  }
  await showLab(await attach(options), options, interruptSignal())
}

/** Shows the screen until the user quits or the signal aborts; then closes the lab and says what still runs. */
export async function showLab(lab: Lab, options: UiOptions, signal: AbortSignal): Promise<void> {
  const { showScreen } = await import('../tui/screen.tsx')
  const store = createViewStore(undefined, lab.live.current())
  lab.log.attach(store)
  lab.setTraffic({
    isOn: options.traffic !== false,
    writesPerSecond: options.writes,
    readsPerSecond: options.reads,
  })
  const screen = showScreen({
    store,
    clock: lab.clock,
    control: {
      act: (verb, service) => void lab.act(verb, service),
      setTraffic: (change) => lab.setTraffic(change),
      quit: () => screen.close(),
    },
  })
  signal.addEventListener('abort', () => screen.close(), { once: true })
  // A table that cannot be made now is no reason to show nothing: the traffic's errors will say so.
  lab.prepareWorkload(AbortSignal.any([signal, AbortSignal.timeout(10_000)])).catch((error: Error) => {
    lab.log.append({ type: 'note', level: 'warn', source: 'traffic', text: error.message })
  })
  try {
    await screen.waitUntilExit()
  } finally {
    await lab.close('quit')
  }
  console.log(`The cluster ${lab.definition.name} goes on running.`)
  if (lab.definition.compose) console.log('chaoslab down takes it down and keeps its data; --volumes deletes that too.')
}
