import type { FaultKind } from '../faults/fault.ts'
import { resolveTarget, type TargetScene } from '../faults/resolve-target.ts'
import { type Rng, seededRng } from '../model/rng.ts'
import { preview } from '../systems/preview.ts'
import { describeStep, type Step } from './scenario.ts'

/**
 * What the steps would do, a line each, with what each fault would hit if it were injected now and what would
 * then remain: quorum, synchronous set, proxy backends. Nothing is touched; later steps are told as of now, too.
 */
export function previewSteps(steps: readonly Step[], scene: TargetScene, seed: string): readonly string[] {
  return tellAll(steps, '', scene, seededRng(seed))
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
