import { attachTo } from '../../src/cli/attach.ts'
import { takeDown } from '../../src/cli/down.ts'
import { startContainers } from '../../src/cli/start-containers.ts'
import { ensureCompose } from '../../src/docker/compose.ts'
import type { Progress } from '../../src/docker/progress.ts'
import { type LabDefinition, readLabDefinition } from '../../src/lab/definition.ts'
import type { Lab } from '../../src/lab/lab.ts'
import type { State } from '../../src/model/state.ts'
import { isHealthy, problemsOf } from '../../src/systems/state.ts'

/** A lab that has just been made, with traffic on. */
export interface NewLab extends AsyncDisposable {
  readonly lab: Lab
  state(): State
  /** Awaits a condition; after 240 s it fails and says what is wrong with it. */
  until(what: string, predicate: (state: State) => boolean): Promise<State>
}

interface Rates {
  readonly writesPerSecond: number
  readonly readsPerSecond: number
}

const progress: Progress = { step: (_title, work) => work(() => {}), say: () => {} }

/** Whatever is there goes, with its data; images are built where they are missing. */
export async function newLab(
  file: string,
  rates: Rates = { writesPerSecond: 100, readsPerSecond: 20 },
): Promise<NewLab> {
  const definition = await removeLab(file)
  await startContainers(definition, { lab: file, variables: {}, proxies: 1, progress })
  return underLoad(definition, rates)
}

/** Takes away the containers, the network and the data of a lab. */
export async function removeLab(file: string): Promise<LabDefinition> {
  const definition = await readLabDefinition(file)
  await takeDown(definition, { tool: await ensureCompose(progress), progress, hasVolumes: true })
  return definition
}

/** A lab that is up, with traffic on, once it is healthy. */
export async function underLoad(definition: LabDefinition, rates: Rates): Promise<NewLab> {
  const lab = await attachTo(definition, {})
  const until: NewLab['until'] = (what, predicate) => untilSeen(lab, what, predicate)
  try {
    await until('it is healthy', isHealthy)
    await lab.prepareWorkload(AbortSignal.timeout(60_000))
    lab.setTraffic({ isOn: true, ...rates })
    await until('writes flow', ({ traffic: { totals } }) => totals.write.ok >= rates.writesPerSecond)
  } catch (error) {
    await lab.close('no clean start')
    throw error
  }
  return { lab, until, state: () => lab.live.current(), [Symbol.asyncDispose]: () => lab.close('test ended') }
}

/** Awaits a condition; after `withinMs` it fails and says what is wrong with the lab. */
export async function untilSeen(
  lab: Lab,
  what: string,
  predicate: (state: State) => boolean,
  withinMs = 240_000,
): Promise<State> {
  try {
    return await lab.live.until(predicate, AbortSignal.timeout(withinMs))
  } catch (cause) {
    const state = lab.live.current()
    const lines = state.lines.slice(-15).map((line) => `  ${line.source}: ${line.text}`)
    const problems = problemsOf(state).join('; ')
    throw new Error(`not within ${withinMs / 1000} s: ${what}; ${problems}\n${lines.join('\n')}`, { cause })
  }
}
