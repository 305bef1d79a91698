import { z } from 'zod'
import { targetSchema } from '../faults/target.ts'
import { noteKeys, noteMoreKeys } from '../lab/known-keys.ts'
import { orElse } from '../model/did-you-mean.ts'
import { faultKinds, findFaultKind } from '../systems/fault-kinds.ts'
import { atSchema } from './aim.ts'
import { duration } from './duration.ts'
import { passOn, refuse } from './parse-into.ts'
import type { Step } from './scenario.ts'

/** What a fault is called within its scenario. */
export const label = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'expected a short name: small letters, digits, dashes')

/** What every injection can say, whatever the fault. */
export const injectSchema = z.object({
  inject: z.string(),
  target: targetSchema,
  as: label.refine((name) => name !== 'all', 'all means every fault: take another name').optional(),
  for: duration.optional(),
  /** Waits for a moment of the system's own, and injects in that. */
  at: atSchema.optional(),
})

/** What is none of the step's own keys is a setting of the fault, whose schema judges it. */
export function parseInject(value: Record<string, unknown>, context: z.RefinementCtx): Step {
  const { inject, target, as, for: length, at, ...settings } = value
  const kind = typeof inject === 'string' ? findFaultKind(inject) : null
  if (kind === null) {
    const known = faultKinds.map(({ type }) => type)
    return refuse(context, ['inject'], `there is no such fault; ${orElse(String(inject), known)}`)
  }
  const own = injectSchema.safeParse({ inject, target, as, for: length, at }, { error: noteKeys })
  const params = kind.schema.safeParse(settings, { error: noteKeys })
  if (!params.success) noteMoreKeys(params.error, Object.keys(injectSchema.shape))
  for (const parsed of [own, params]) if (!parsed.success) passOn(parsed.error, context)
  if (!own.success || !params.success) return z.NEVER
  return {
    type: 'inject',
    kind,
    params: params.data,
    target: own.data.target,
    as: own.data.as ?? null,
    forMs: own.data.for ?? null,
    at: own.data.at ?? null,
  }
}
