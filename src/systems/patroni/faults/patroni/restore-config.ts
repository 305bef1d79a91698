import { z } from 'zod'
import type { UndoKind } from '../../../../faults/fault.ts'
import { controlOf } from '../../control/control.ts'
import { type ConfigPatch, configPatchSchema, difference, patchConfig, readConfig } from './dynamic-config.ts'

/** What was there before, null for what was not. */
const schema = z.strictObject({ patch: configPatchSchema })

/**
 * Gives Patroni's dynamic configuration the values that it had; a value that is there again already is left alone. It
 * is kept in etcd, so no container of a node matters.
 */
export const restoreConfig: UndoKind<{ readonly patch: ConfigPatch }> = {
  type: 'restore-config',
  schema,
  async perform({ patch }, world, signal) {
    if (difference(patch, await readConfig(world, signal)) !== null) await patchConfig(world, patch, signal)
  },
  async remains({ patch }, world, signal) {
    const left = difference(patch, await readConfig(world, signal))
    return left === null ? null : `Patroni's dynamic configuration: ${left}`
  },
  byHand: ({ patch }, world) => controlOf(world).patroni.byHand(null, 'PATCH', '/config', patch),
}
