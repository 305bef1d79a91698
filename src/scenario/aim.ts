import { z } from 'zod'
import { FaultError } from '../faults/fault.ts'
import { namesIn, type Target } from '../faults/target.ts'
import type { World } from '../faults/world.ts'
import { noteKeys } from '../lab/known-keys.ts'
import { nearest } from '../model/did-you-mean.ts'
import { formatDuration } from '../model/units.ts'
import type { Aim, Met } from '../systems/scripted.ts'
import type { System } from '../systems/system.ts'
import { systems } from '../systems/systems.ts'
import { within } from './duration.ts'
import { withTimeLimit } from './time-limit.ts'

/** The moment that a fault is aimed at: `at: { lease: before-renewal }`. */
export interface At {
  /** Of the aim of a system. */
  readonly key: string
  readonly value: unknown
  readonly withinMs: number
}

/** Those of every system, each key once: what one lab has none of is told when a file is read for it. */
const aims: readonly Aim[] = [...new Map(systems.flatMap(aimsOf).map((aim) => [aim.key, aim] as const)).values()]

const formOf = ({ key, shape }: Aim): z.ZodType<At> =>
  z.strictObject({ ...shape, within }).transform(({ within: withinMs, ...value }): At => {
    return { key, value, withinMs: withinMs as number }
  })
const forms = new Map(aims.map((aim) => [aim.key, formOf(aim)] as const))

/** What can be aimed at, as an author writes it. */
export const aimForms: readonly string[] = aims.map(({ form }) => form)

/** What a file can say, for who describes it to an editor. */
export const atForms = z.union([...forms.values()])

/** The key says which form is meant, so that every mistake has its own place. */
export const atSchema: z.ZodType<At> = z.unknown().transform((value, context): At => {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [String(value)]
  const form = keys.map((key) => forms.get(key)).find((each) => each !== undefined)
  const parsed = form?.safeParse(value, { error: noteKeys })
  if (parsed?.success) return parsed.data
  const issues = parsed?.error.issues ?? [{ code: 'custom', path: [], message: expected(keys) }]
  for (const issue of issues) context.issues.push({ ...issue, input: context.value } as never)
  return z.NEVER
})

function expected(keys: readonly string[]): string {
  const known = aims.map(({ key }) => key)
  const close = keys.map((key) => nearest(key, known)).find((key) => key !== null)
  const asked = close === undefined ? '' : `; did you mean ${close}?`
  return `expected ${aimForms.map((form) => `{ ${form}, within: 60s }`).join(' or ')}${asked}`
}

/** As the end of a sentence that begins with "inject". */
export function describeAt({ key, value, withinMs }: At): string {
  const told = aims.find((aim) => aim.key === key)?.describe(value) ?? key
  return `at the moment when ${told} (within ${formatDuration(withinMs)})`
}

/** The systems of a lab, by the name that each has in a lab of several. */
type NamedSystems = readonly { readonly name: string | null; readonly system: System }[]

/**
 * Whose moment it is: of the only system that knows such a one; of several, that which the fault is aimed at.
 * @returns why nobody can say
 */
export function whose(
  { key }: At,
  target: Target,
  named: NamedSystems,
): { readonly aim: Aim; readonly name: string | null } | { readonly why: string } {
  const knowing = named.flatMap(({ name, system }) =>
    aimsOf(system)
      .filter((aim) => aim.key === key)
      .map((aim) => ({ aim, name })),
  )
  const hit = namesIn(target).map((part) => part.split('.', 1)[0])
  const [first, second] =
    knowing.length > 1 ? knowing.filter(({ name }) => name !== null && hit.includes(name)) : knowing
  if (first !== undefined && second === undefined) return first
  const names = knowing.map(({ name }) => `${name}.…`).join(' or ')
  return { why: `of which system? aim at a role of one: ${names}` }
}

/** What an injection waits for, and what is to be done when it is over. */
export interface Aimed {
  /** @throws {FaultError} it did not come, or never can */
  readonly moment: (signal: AbortSignal) => Promise<void>
  /** As {@link Met.over}; null where the moment did not come. */
  over(): Promise<string | null>
}

export function takeAim(
  at: At,
  target: Target,
  { named, world }: { readonly named: NamedSystems; readonly world: World },
  onMet: (met: Met) => void,
): Aimed {
  let met: Met | null = null
  return {
    async moment(signal) {
      const found = whose(at, target, named)
      if ('why' in found) throw new FaultError(found.why)
      const own = found.name === null ? world : world.of(found.name)
      met = await withTimeLimit(world.clock, at.withinMs, signal, async (limit) => {
        try {
          return await found.aim.meet(at.value, own, limit)
        } catch (error) {
          if (signal.aborted || !limit.aborted) throw error
          throw new FaultError(`no moment within ${formatDuration(at.withinMs)} when ${found.aim.describe(at.value)}`)
        }
      })
      onMet(met)
    },
    over: async () => (await met?.over()) ?? null,
  }
}

function aimsOf({ aims: own = [] }: System): readonly Aim[] {
  return own
}
