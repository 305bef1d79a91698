import { z } from 'zod'
import { listOf } from '../../model/predicate.ts'
import { FaultError, type FaultKind, type FaultScope } from '../fault.ts'
import { hostsOf, onNoHost } from '../network/host-changes.ts'
import { hostSideName } from '../network/rejoin-host.ts'
import { durationIn } from '../network/settings.ts'
import { SIDE_LABEL, sideOptions, sidesOf, toolsImage } from '../network/side.ts'
import { ANY_PART, type Part } from '../part.ts'
import type { World } from '../world.ts'

const schema = z.strictObject({
  /** After so long it goes on by itself: while it hangs nobody can tell it to. */
  lasts: durationIn({ min: '10s', max: '5m' }).prefault('20s'),
})
type Params = z.output<typeof schema>

export const hangEngine: FaultKind<Params> = {
  type: 'hang-engine',
  family: 'process',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away'],
  about:
    'Stops the Docker engine of a host (SIGSTOP) for a while: its containers run on, but nothing can be told of them or done to them.',
  describe: ({ lasts }, parts) => `let the Docker engine of ${listOf(hostsOf(parts))} hang for ${lasts / 1_000} s`,
  async refusal(_params, parts, world, signal) {
    const homeless = onNoHost(parts)
    if (homeless !== null) return homeless
    const found = await Promise.all(
      onePerHost(parts).map(async (part) => ({ part, ...(await find(part, world, signal)) })),
    )
    const unfit = found.find(({ code }) => code !== 0)
    return unfit === undefined ? null : `${unfit.part.host}: ${unfit.stderr.trim()}`
  },
  async inject({ lasts }, parts, scope, signal) {
    const { world } = scope
    const at = onePerHost(parts).map((part) => {
      return { service: part.service, host: part.host ?? '', side: hostSideName(scope.id, part) }
    })
    await scope.defer({ type: 'continue-engine', params: { at } })
    await Promise.all(at.map((one) => hang(one, lasts, scope, signal)))
    scope.repeat(ASK_EVERY_MS, async (stop) => {
      for (const one of at) {
        const sides = await sidesOf({ at: [one] }, world, stop).catch(() => null)
        if (sides?.length === 0) scope.ended(`the engine of ${one.host} goes on`)
      }
    })
    return {
      text: 'is on a host whose Docker engine hangs',
      textOfSeveral: 'are on a host whose Docker engine hangs',
      proof: `the engine of ${listOf(at.map(({ host }) => host))} accepts calls and answers none`,
    }
  },
}

const ASK_EVERY_MS = 1_000
/** The answer to the signal goes out before the engine is stopped, and an answer to the next question is due by then. */
const PATIENCE_MS = 20_000

function onePerHost(parts: readonly Part[]): readonly Part[] {
  return hostsOf(parts).flatMap((host) => parts.filter((part) => part.host === host).slice(0, 1))
}

async function hang(
  one: { readonly service: string; readonly host: string; readonly side: string },
  lastsMs: number,
  scope: FaultScope,
  signal: AbortSignal,
): Promise<void> {
  const { containers, clock } = scope.world
  const options = sideOptions(scope, one.side, [`${FIND}${STOP}`, String(Math.round(lastsMs / 1_000))])
  const side = await containers.startOnHost(one.service, { ...options, seesProcesses: true })
  signal.throwIfAborted()
  const untilMs = clock.nowMs() + PATIENCE_MS
  while (clock.nowMs() < untilMs) {
    try {
      const { stdout } = await containers.sides.logs(side)
      if (stdout.includes('failed')) break
    } catch (error) {
      if ((error as { code?: unknown }).code === 'timeout') return
      throw error
    }
    await clock.sleep(ASK_AGAIN_MS, signal)
  }
  throw new FaultError(`the engine of ${one.host} answers all the same`)
}

const ASK_AGAIN_MS = 200

function find(part: Part, world: World, signal: AbortSignal) {
  const options = { labels: { [SIDE_LABEL]: world.mark }, command: ['bash', '-c', FIND], seesProcesses: true }
  return world.containers.runOnHost(part.service, { image: toolsImage(world), ...options }, signal)
}

/** The process of the engine: not that of one in a container, which has a number in its own namespace as well. */
const FIND = `
engines=()
for folder in /proc/[0-9]*; do
  [ "$(cat "$folder/comm" 2>/dev/null)" = dockerd ] || continue
  [ "$(grep -s ^NSpid: "$folder/status" | wc -w)" = 2 ] && engines+=("\${folder#/proc/}")
done
if [ \${#engines[@]} != 1 ]; then
  echo "\${#engines[@]} processes are called dockerd there, and it takes one to be sure which is the engine" >&2
  exit 1
fi
# The kernel stops no first process for somebody whom it started itself.
if [ "\${engines[0]}" = 1 ]; then echo "its engine is the first process of its machine, which cannot be stopped" >&2; exit 1; fi
`

/** Whatever becomes of the lab, it lets the engine go on. */
const STOP = `
go_on() { kill -CONT "\${engines[0]}"; }
trap 'go_on; exit 0' TERM INT
sleep 1
kill -STOP "\${engines[0]}" || { echo failed; sleep 5; exit 1; }
sleep "$1" & wait $!
go_on
`
