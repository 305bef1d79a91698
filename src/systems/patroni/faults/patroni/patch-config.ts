import { z } from 'zod'
import type { FaultKind, UndoKind } from '../../../../faults/fault.ts'
import { controlOf } from '../../control/control.ts'
import { brokenRule } from '../../timing-rule.ts'
import { changeConfig } from './change-config.ts'
import {
  type ConfigPatch,
  configPatchSchema,
  difference,
  writeConfig as putConfig,
  readConfig,
  tellPatch,
} from './dynamic-config.ts'
import { settings } from './settings.ts'

const schema = z.preprocess(
  expandDots,
  z
    .strictObject(settings)
    .partial()
    .refine((given) => Object.keys(given).length > 0, 'expected at least one setting, e.g. ttl=30'),
)
type Params = z.output<typeof schema>

export const patchConfig: FaultKind<Params> = {
  type: 'patch-config',
  family: 'patroni',
  schema,
  aims: ['node'],
  effects: [],
  about: "Changes Patroni's dynamic configuration while the cluster runs: timing, synchronous mode, failsafe mode, …",
  describe: (params) => `set ${tellPatch(toPatch(params))} for the whole cluster`,
  async refusal(params, _parts, world, signal) {
    const before = await readConfig(world, signal)
    if (difference(toPatch(params), before) === null) return `${tellPatch(toPatch(params))}: it is so already`
    return brokenRule({ ...before, ...params })
  },
  async inject(params, _parts, scope, signal) {
    const patch = toPatch(params)
    const isInForce = (answer: unknown) => {
      const config = configPatchSchema.safeParse(answer).data
      return config !== undefined && difference(patch, config) === null
    }
    const proof = await changeConfig(patch, { path: '/config', isInForce }, scope, signal)
    return { text: `got ${tellPatch(patch)}, as did the whole cluster`, proof }
  },
}

/** Where each setting lives in the dynamic configuration. */
function toPatch({ parameters, use_pg_rewind, use_slots, forget_slots = [], ...rest }: Params): ConfigPatch {
  const slots = Object.fromEntries([forget_slots].flat().map((name) => [name, null]))
  const postgresql = {
    ...(use_pg_rewind === undefined ? {} : { use_pg_rewind }),
    ...(use_slots === undefined ? {} : { use_slots }),
    ...(parameters === undefined ? {} : { parameters: parameters as ConfigPatch }),
  }
  return {
    ...(rest as ConfigPatch),
    ...(Object.keys(slots).length === 0 ? {} : { slots }),
    ...(Object.keys(postgresql).length === 0 ? {} : { postgresql }),
  }
}

/** The command line gives `parameters.work_mem=8MB`, a scenario a map. */
function expandDots(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  const entries = Object.entries(given)
  const dotted = entries.filter(([key]) => key.startsWith('parameters.'))
  if (dotted.length === 0) return given
  const parameters = Object.fromEntries(dotted.map(([key, value]) => [key.slice('parameters.'.length), value]))
  const others = Object.fromEntries(entries.filter(([key]) => !key.startsWith('parameters.')))
  const map = (others as { parameters?: object }).parameters
  return { ...others, parameters: { ...map, ...parameters } }
}

/** What was there before, null for what was not. */
const configBefore = z.strictObject({ patch: configPatchSchema })

/**
 * Gives Patroni's dynamic configuration the values that it had; a value that is there again already is left alone. It
 * is kept in etcd, so no container of a node matters.
 */
export const restoreConfig: UndoKind<{ readonly patch: ConfigPatch }> = {
  type: 'restore-config',
  schema: configBefore,
  async perform({ patch }, world, signal) {
    if (difference(patch, await readConfig(world, signal)) !== null) await putConfig(world, patch, signal)
  },
  async remains({ patch }, world, signal) {
    const left = difference(patch, await readConfig(world, signal))
    return left === null ? null : `Patroni's dynamic configuration: ${left}`
  },
  byHand: ({ patch }, world) => controlOf(world).patroni.byHand(null, 'PATCH', '/config', patch),
}
