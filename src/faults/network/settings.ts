import { z } from 'zod'
import { parseDuration } from '../../model/units.ts'

/** Names of parts and groups; nothing that a shell would read as more than a word. */
export const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'expected a name: letters, digits, dots, dashes')

/** One, or a list. */
export function oneOrMore<T>(each: z.ZodType<T>) {
  return z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), z.array(each).min(1))
}

/** As seen from the target: what it receives, what it sends, or both. */
export const direction = z.enum(['in', 'out', 'both']).default('both')
export type Direction = z.output<typeof direction>

/** `200ms`, `2m` → milliseconds. */
export function durationIn(range: { readonly min: string; readonly max: string }) {
  const [minMs, maxMs] = [parseDuration(range.min) ?? 0, parseDuration(range.max) ?? 0]
  return z.string().transform((text, context) => {
    const ms = parseDuration(text)
    if (ms !== null && ms >= minMs && ms <= maxMs) return ms
    context.addIssue({ code: 'custom', message: `expected a duration from ${range.min} to ${range.max}` })
    return z.NEVER
  })
}

/** How long a change outlives a lab that gives no sign of life: then it is taken back by itself. */
export const deadMan = durationIn({ min: '5s', max: '1h' }).prefault('2m')
