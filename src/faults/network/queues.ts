import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { lookInside, QUEUE } from './side.ts'

/** Shell commands that do something for every device of a network but the loopback one, as `$device`. */
function forEachDevice(command: string): string {
  return `for path in /sys/class/net/*; do device=\${path##*/}; [ "$device" = lo ] || ${command}; done`
}

/** Puts a queue at the way out of every device. @param settings of tc-qdisc(8), from the kind of queue on */
export function addQueue(settings: string): string {
  return forEachDevice(`tc qdisc add dev "$device" root handle ${QUEUE} ${settings}`)
}

/** Why the way out of one of these cannot be given a queue: it has one already. Null when it can. */
export async function refuseQueued(parts: readonly Part[], world: World, signal: AbortSignal): Promise<string | null> {
  const found = await Promise.all(
    parts.map(async ({ name, service }) => {
      const shown = await lookInside(service, forEachDevice('tc qdisc show dev "$device" root'), world, signal)
      const [kind, handle] = /^qdisc (\S+) (\S+)/m.exec(shown)?.slice(1) ?? []
      if (kind === undefined || handle === '0:') return null
      const whose =
        handle === QUEUE ? 'by a fault that is in force, or was left: heal it first' : 'not by the lab: left alone'
      return `what ${name} sends is queued already (${kind} ${handle}), ${whose}`
    }),
  )
  return found.find((each) => each !== null) ?? null
}
