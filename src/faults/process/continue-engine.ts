import { z } from 'zod'
import type { UndoKind } from '../fault.ts'
import { SIDE_LABEL } from '../network/side.ts'
import type { World } from '../world.ts'

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/)
const schema = z.strictObject({
  /** The hosts, each with a service that tells which it is, and the container that stopped the engine there. */
  at: z.array(z.strictObject({ service: name, host: name, side: name })),
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
        for (const { id } of await sidesAt(one, world, signal)) await world.containers.sides.end(id, signal)
        while ((await sidesAt(one, world, signal)).length > 0) await world.clock.sleep(POLL_MS, signal)
      }),
    )
  },
  async remains({ at }, world, signal) {
    const left = (await Promise.all(at.map((one) => sidesAt(one, world, signal)))).flat()
    return left[0] === undefined ? null : `the container ${left[0].name} is still there`
  },
  byHand: ({ at }) => `pkill -CONT -x dockerd # as root, on ${at.map(({ host }) => host).join(', ')}`,
}

const POLL_MS = 50
const ASK_AGAIN_MS = 500

async function untilAnswers(one: At, world: World, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await sidesAt(one, world, signal)
      return
    } catch {
      signal.throwIfAborted()
      await world.clock.sleep(ASK_AGAIN_MS, signal)
    }
  }
}

/** The container beside the engine, while it is there. @throws {EngineError} the engine does not answer */
export async function sidesAt({ service, side }: At, { containers, mark }: World, signal: AbortSignal) {
  const all = await containers.sides.list([`${SIDE_LABEL}=${mark}`], signal, [service])
  return all.filter((each) => each.name === side)
}
