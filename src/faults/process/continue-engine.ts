import { z } from 'zod'
import { containerName } from '../container/container-name.ts'
import type { UndoKind } from '../fault.ts'
import { endSides, sidesOf, whichSideRemains } from '../network/side.ts'
import type { World } from '../world.ts'

const schema = z.strictObject({
  /** The hosts, each with a service that tells which it is, and the container that stopped the engine there. */
  at: z.array(z.strictObject({ service: containerName, host: containerName, side: containerName })),
})
type Params = z.output<typeof schema>
type At = Params['at'][number]

/**
 * An engine that hangs can be told nothing: the container beside it lets it go on when its time is up. Until it answers
 * is waited for; one that answers already is rid of that container.
 */
export const continueEngine: UndoKind<Params> = {
  type: 'continue-engine',
  schema,
  async perform({ at }, world, signal) {
    await Promise.all(
      at.map(async (one) => {
        await untilAnswers(one, world, signal)
        await endSides({ at: [one] }, world, signal)
      }),
    )
  },
  remains: whichSideRemains,
  byHand: ({ at }) => `pkill -CONT -x dockerd # as root, on ${at.map(({ host }) => host).join(', ')}`,
}

const ASK_AGAIN_MS = 500

async function untilAnswers(one: At, world: World, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await sidesOf({ at: [one] }, world, signal)
      return
    } catch {
      signal.throwIfAborted()
      await world.clock.sleep(ASK_AGAIN_MS, signal)
    }
  }
}
