import type { FaultKind } from '../faults/fault.ts'
import { resolveTarget, type TargetScene } from '../faults/resolve-target.ts'
import { type Rng, seededRng } from '../model/rng.ts'
import type { State } from '../model/state.ts'
import { preview } from '../systems/preview.ts'
import { reduce } from '../systems/state.ts'
import { describeStep, type Scenario, type Step } from './scenario.ts'

/** How many proxies clients can know at most. */
export type PreviewScene = TargetScene & { readonly endpoints: number }

/**
 * What the steps would do, a line each, with what each fault would hit if it were injected now and what would
 * then remain: quorum, synchronous set, proxy backends. Nothing is touched; later steps are told as of now, too, with
 * the clients that the scenario will have.
 */
export function previewScenario(
  { steps, traffic }: Pick<Scenario, 'steps' | 'traffic'>,
  scene: PreviewScene,
  seed: string,
): readonly string[] {
  const known = traffic.endpoints === 'all' ? scene.endpoints : 1
  const state = () => withClients(scene.state(), traffic, known)
  return tellAll(steps, '', { ...scene, state }, seededRng(seed))
}

function withClients(state: State, traffic: Scenario['traffic'], endpoints: number): State {
  const { writesPerSecond, readsPerSecond } = traffic
  const told = { type: 'traffic.set', isOn: true, writesPerSecond, readsPerSecond, endpoints } as const
  const at = { seq: 0, atMs: state.atMs }
  const names = Object.keys(state.lab?.instances ?? {})
  if (names.length === 0) return reduce(state, { ...at, ...told })
  return names.reduce((known, instance) => reduce(known, { ...at, ...told, instance }), state)
}

function tellAll(steps: readonly Step[], prefix: string, scene: TargetScene, rng: Rng): readonly string[] {
  return steps.flatMap((step, index) => {
    const path = `${prefix}${index + 1}`
    return [`${path}. ${title(step)}`, ...inner(step, path, scene, rng).map((line) => `   ${line}`)]
  })
}

function title(step: Step): string {
  if (step.type === 'parallel') return 'in parallel:'
  if (step.type === 'choose') return 'one of these, by the seed:'
  return step.type === 'every' ? describeStep({ ...step, steps: [] }) : describeStep(step)
}

function inner(step: Step, path: string, scene: TargetScene, rng: Rng): readonly string[] {
  switch (step.type) {
    case 'inject':
      return tellInject(step, scene, rng)
    case 'parallel':
      return step.branches.flatMap((branch, index) => tellAll(branch, `${path}.${index + 1}.`, scene, rng))
    case 'choose':
      return step.among.flatMap((branch, index) => tellAll(branch, `${path}.${index + 1}.`, scene, rng))
    case 'every':
      return tellAll(step.steps, `${path}.`, scene, rng)
    default:
      return []
  }
}

function tellInject(
  { kind, params, target }: Extract<Step, { type: 'inject' }>,
  scene: TargetScene,
  rng: Rng,
): readonly string[] {
  try {
    const parts = resolveTarget(target, kind as FaultKind, scene, rng)
    return [`now: ${kind.describe(params, parts, scene.parts)}`, ...preview(kind, parts, scene.state())]
  } catch (error) {
    return [`now: ${(error as Error).message}`]
  }
}
