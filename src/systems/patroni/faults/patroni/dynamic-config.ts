import { z } from 'zod'
import { FaultError } from '../../../../faults/fault.ts'
import type { World } from '../../../../faults/world.ts'
import { controlOf } from '../../control/control.ts'

/** Patroni's dynamic configuration, or a change to it: JSON in which null deletes. */
export type ConfigPatch = { readonly [key: string]: ConfigValue }
type ConfigValue = string | number | boolean | null | ConfigPatch | readonly ConfigValue[]

export const configPatchSchema: z.ZodType<ConfigPatch> = z.lazy(() => z.record(z.string(), valueSchema))
const valueSchema: z.ZodType<ConfigValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(valueSchema), configPatchSchema]),
)

/** As etcd holds it: a node's `GET /config` is served from its cache and lags behind. @throws when there is none */
export async function readConfig(world: Pick<World, 'control'>, signal: AbortSignal): Promise<ConfigPatch> {
  const key = await controlOf(world).etcd.get('config', signal)
  if (key === null) throw new FaultError('there is no dynamic configuration in etcd')
  return configPatchSchema.parse(JSON.parse(key.value))
}

/** What restores the parts of `before` that `patch` touches: each as it was, null for what was not there. */
export function inverseOf(patch: ConfigPatch, before: ConfigPatch): ConfigPatch {
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => {
      const was = Object.hasOwn(before, key) ? before[key] : null
      return [key, isMap(value) && isMap(was) ? inverseOf(value, was) : (was ?? null)]
    }),
  )
}

/** The first setting of `patch` that is not in force in `config`, as `ttl is 30`; null when all are. */
export function difference(patch: ConfigPatch, config: ConfigPatch, path = ''): string | null {
  for (const [key, value] of Object.entries(patch)) {
    const is = Object.hasOwn(config, key) ? (config[key] ?? null) : null
    if (isMap(value) && isMap(is)) {
      const inner = difference(value, is, `${path}${key}.`)
      if (inner !== null) return inner
    } else if (!isSame(value, is)) return `${path}${key} is ${is === null ? 'not set' : JSON.stringify(is)}`
  }
  return null
}

/** `ttl: 30, postgresql.parameters.work_mem: 8MB`. */
export function tellPatch(patch: ConfigPatch, path = ''): string {
  return Object.entries(patch)
    .map(([key, value]) =>
      isMap(value) ? tellPatch(value, `${path}${key}.`) : `${path}${key}: ${value === null ? 'not set' : value}`,
    )
    .join(', ')
}

const CONFLICT = 409
const ATTEMPTS = 3

/** `PATCH /config`; Patroni answers 409 when somebody else changed it in the same moment. */
export async function writeConfig(
  world: Pick<World, 'control'>,
  patch: ConfigPatch,
  signal: AbortSignal,
): Promise<void> {
  for (let left = ATTEMPTS; ; left -= 1) {
    const { status, text } = await controlOf(world).patroni.ask(null, 'PATCH', '/config', { body: patch }, signal)
    if (status === 200) return
    if (status !== CONFLICT || left === 1) throw new FaultError(`PATCH /config: HTTP ${status} ${text}`)
  }
}

function isMap(value: ConfigValue | undefined): value is ConfigPatch {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Patroni leaves a scalar alone whose text is the same already: `"30"` stays when 30 is set. */
function isSame(wanted: ConfigValue, is: ConfigValue): boolean {
  if (typeof wanted === 'object' || typeof is === 'object') return JSON.stringify(wanted) === JSON.stringify(is)
  return String(wanted) === String(is)
}
