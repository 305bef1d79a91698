import { hadIts } from '../../model/predicate.ts'
import { type FaultKind, noSettings } from '../fault.ts'
import { namesOf } from '../part.ts'
import { type Frozen, freeze } from './freeze.ts'
import { processRefusal } from './process-refusal.ts'

/** The fault that freezes one process of a node, and nothing else of it. */
export function freezing(frozen: Frozen, about: Pick<FaultKind, 'type' | 'effects' | 'about'>): FaultKind {
  return {
    ...about,
    family: 'process',
    schema: noSettings,
    aims: ['node'],
    describe: (_params, parts) => `freeze the ${frozen.what} of ${namesOf(parts)}`,
    refusal: (_params, parts, world, signal) => processRefusal(parts, frozen, world, signal),
    async inject(_params, parts, scope, signal) {
      const proof = await freeze(parts, frozen, scope, signal)
      return { ...hadIts(`${frozen.what} frozen`), proof }
    },
  }
}
