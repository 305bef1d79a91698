import { factsIfThere } from '../facts-if-there.ts'
import { FaultError, type UndoKind } from '../fault.ts'

/** Something that runs inside a container, of which it is put back. */
interface Inside<P> {
  /** As in "whether WHAT cannot be told". */
  what(params: P): string
  perform(...given: Parameters<UndoKind<P>['perform']>): Promise<unknown>
  readonly remains: UndoKind<P>['remains']
}

/** What has ended with its container needs nothing; in a container that is paused nothing can be reached, or would go on. */
export function undoInside<P extends { readonly service: string }>({
  what,
  perform,
  remains,
}: Inside<P>): Pick<UndoKind<P>, 'perform' | 'remains'> {
  return {
    async perform(params, world, signal) {
      const { service } = params
      const state = (await factsIfThere(service, world, signal))?.state
      if (state === 'paused') throw new FaultError(`${service} is paused: unpause it first`)
      if (state === 'running') await perform(params, world, signal)
    },
    async remains(params, world, signal) {
      const { service } = params
      const state = (await factsIfThere(service, world, signal))?.state
      if (state === 'paused') return `${service} is paused: whether ${what(params)} cannot be told`
      return state === 'running' ? remains(params, world, signal) : null
    },
  }
}
