import { FaultError } from '../fault.ts'
import type { World } from '../world.ts'
import { partsNamed } from './groups.ts'
import { addressesOf, findSpots, hasNetwork, type Spot } from './spot.ts'

/** The discard port: nobody listens there, and a datagram to it disturbs nobody. */
const DISCARD = 9

/** Shell commands that send so many datagrams at once; what the kernel refuses to send is not told. */
export function sendDatagrams(to: string, count: number, bytes: number): string {
  return `printf -v text '%${bytes - 1}s' ''; for ((n = 0; n < ${count}; n++)); do echo "$text" >/dev/udp/${to}/${DISCARD}; done 2>/dev/null; true`
}

/** Another part that runs, one of these names or groups: to send something to, and to be sent something by. */
export async function findPartner(
  target: Spot,
  words: readonly string[],
  world: World,
  signal: AbortSignal,
): Promise<{ readonly partner: Spot; readonly address: string; readonly own: string }> {
  const named = words.includes('all') ? world.parts : partsNamed(words, world.parts)
  const spots = await findSpots(
    named.filter((part) => part !== target.part),
    world,
    signal,
  )
  const partner = spots.find(({ facts }) => hasNetwork(facts?.state))
  const [address] = partner === undefined ? [] : addressesOf(partner)
  const [own] = addressesOf(target)
  if (partner === undefined || address === undefined || own === undefined) {
    throw new FaultError(
      `whether it takes effect on ${target.part.name} cannot be checked: no other part runs to send to it`,
    )
  }
  return { partner, address, own }
}
