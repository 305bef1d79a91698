import { z } from 'zod'
import { containerName } from '../../../faults/container/container-name.ts'
import { refuseUnless } from '../../../faults/container/refuse-unless.ts'
import { undoInside } from '../../../faults/container/undo-inside.ts'
import { FaultError, type FaultKind, type FaultScope, type UndoKind } from '../../../faults/fault.ts'
import { durationIn, word } from '../../../faults/network/settings.ts'
import { namesOf, type Part } from '../../../faults/part.ts'
import type { World } from '../../../faults/world.ts'
import { EXECUTOR } from '../known.ts'

/** What wants every row of every database that the transfers change. */
const SCRIPT = 'UPDATE accounts SET balance = balance'

/** It goes on for as long as its file is there, and tells how each of its transactions ended. */
const LOOP = `
mark=/tmp/$1 until=$(($(date +%s) + $2)) rule=
# What is to be held at a gate is the one that clients use.
unset SHARD_EXECUTOR_GATES
case "\${SHARDED_PROTOCOL:-}" in one-phase) rule='--protocol one-phase' ;; no-recovery) rule=--no-recovery ;; esac
printf '%s' "$3" > "$mark.sql" && : > "$mark.log" && : > "$mark" || exit 1
setsid sh -c 'n=0
while [ -e "$0" ] && [ "$(date +%s)" -lt "$1" ]; do
  n=$((n + 1))
  why=$(shard-executor apply "$0.sql" --name "\${0##*/}:$n" --lock-timeout 1s --deadline 5s $2 2>&1 >/dev/null)
  echo "$? $(echo "$why" | tail -n 1)" >> "$0.log"
done
rm -f "$0" "$0.sql"' "$mark" "$until" "$rule" </dev/null >/dev/null 2>&1 &`

const FIRST = 'head -n 1 "/tmp/$1.log"'

/** A transaction of its own ends by its deadline. */
const END = `rm -f "/tmp/$1"
for n in $(seq 80); do [ -e "/tmp/$1.sql" ] || exit 0; sleep 0.1; done
rm -f "/tmp/$1.sql"`

const schema = z.strictObject({
  /** How long it goes on where no lab ends it. */
  deadMan: durationIn({ min: '5s', max: '1h' }).prefault('2m'),
})
type Params = z.output<typeof schema>

const POLL_MS = 200
const POLLS = 75

/** Applied everywhere, and rolled back everywhere: both show that it works. */
const TRIED = ['0', '1']

export const secondExecutor: FaultKind<Params> = {
  type: 'second-executor',
  family: 'process',
  schema,
  aims: ['app'],
  effects: ['slows-part'],
  about:
    'Another executor beside the one that clients use: one transaction after the other on all rows of all databases that the transfers change, by the same protocol.',
  describe: (_, parts) => `run another executor beside ${namesOf(parts)}`,
  async refusal(_, parts, world, signal) {
    if (parts.some(({ name }) => name !== EXECUTOR)) return `another executor runs beside ${EXECUTOR} and nothing else`
    return refuseUnless(['running'], parts, world, signal)
  },
  async inject(params, parts, scope, signal) {
    const proofs: string[] = []
    for (const part of parts) proofs.push(await begin(part, params, scope, signal))
    return { text: 'had another one beside it', proof: proofs.join('; ') }
  },
}

async function begin(
  { service }: Part,
  { deadMan }: Params,
  { world, id, defer }: FaultScope,
  signal: AbortSignal,
): Promise<string> {
  const { name: container } = await world.containers.facts(service, signal)
  const mark = `chaoslab-${id}`
  await defer({ type: 'end-second-executor', params: { service, container, mark } })
  await run(LOOP, [mark, String(Math.ceil(deadMan / 1_000)), SCRIPT])
  for (let poll = 0; poll < POLLS; poll++) {
    const [code, ...why] = (await run(FIRST, [mark])).trim().split(' ')
    if (code !== undefined && TRIED.includes(code)) return `its first transaction ended with exit code ${code}`
    if (code) throw new FaultError(`another executor ends with exit code ${code}: ${why.join(' ')}`)
    await world.clock.sleep(POLL_MS, signal)
  }
  throw new FaultError('another executor did not end its first transaction')

  async function run(script: string, given: readonly string[]): Promise<string> {
    return sh(service, script, given, world, signal)
  }
}

async function sh(
  service: string,
  script: string,
  given: readonly string[],
  { containers }: World,
  signal: AbortSignal,
): Promise<string> {
  const { code, stdout, stderr } = await containers.exec(
    service,
    ['sh', '-c', script, 'chaoslab', ...given],
    {},
    signal,
  )
  if (code === 0) return stdout
  throw new FaultError(`${service}: ${(stderr || stdout).trim() || `sh gave exit code ${code}`}`)
}

const running = z.strictObject({
  service: containerName,
  /** The container's own name. */
  container: containerName,
  /** The name of its files in /tmp. */
  mark: word,
})
type Running = z.output<typeof running>

/** Lets the other executor end what it is about; in a container that has ended since, nothing runs. */
export const endSecondExecutor: UndoKind<Running> = {
  type: 'end-second-executor',
  schema: running,
  ...undoInside<Running>({
    what: () => 'another executor runs in it',
    perform: ({ service, mark }, world, signal) => sh(service, END, [mark], world, signal),
    async remains({ service, mark }, world, signal) {
      const found = await sh(service, 'ls /tmp', [], world, signal)
      return found.split('\n').includes(mark) ? `another executor still runs in ${service}` : null
    },
  }),
  byHand: ({ container, mark }) => `docker exec ${container} rm -f /tmp/${mark}`,
}
