#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cases, mend, twoAtOnce } from './experiment/cases.ts'
import { COUNT, lab, type Sixteen, servers } from './experiment/lab.ts'
import { putBackAfter } from './experiment/put-back.ts'
import { PROTOCOLS, type Protocol, prepare, type Result, rollBack, runCase, trace } from './experiment/run.ts'

const HELP = `One transaction over the sixteen databases for each fault, aimed at one step of each protocol, and what became of it.
The lab has to be up (chaoslab up --lab sharded). It changes the table steps of each database, and puts everything
right. A run that was ended before that leaves it to the next.

  --protocol one-phase|no-recovery|two-phase   only this one
  --only TEXT                                  only faults whose name has this in it
  --times N                                    how often each (default 1); 0: only puts right what a run has left
  --out FILE                                   the results as JSON`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      protocol: { type: 'string' },
      only: { type: 'string', default: '' },
      times: { type: 'string', default: '1' },
      out: { type: 'string' },
    },
  })
  const times = Number(values.times)
  const protocols = PROTOCOLS.filter((each) => values.protocol === undefined || each === values.protocol)
  if (values.help || protocols.length === 0 || !(Number.isInteger(times) && times >= 0)) {
    process.stdout.write(`${HELP}\n`)
    return values.help ? 0 : 2
  }
  const sixteen = lab(path.join(process.cwd(), 'labs', 'sharded'), servers)
  const experiment = { clusters: [], file: LEFT, mend: (service: string) => mend(sixteen, service) }
  await putBackAfter(experiment, (breaks) => breakAll(sixteen, { ...values, times, protocols }, breaks))
  return 0
}

const LEFT = path.join(tmpdir(), 'chaoslab-every-step.json')

interface Wanted {
  readonly protocols: readonly Protocol[]
  readonly only: string
  readonly times: number
  readonly out?: string | undefined
}

async function breakAll(
  sixteen: Sixteen,
  { protocols, only, times, out }: Wanted,
  breaks: (service: string) => Promise<void>,
): Promise<void> {
  await prepare(sixteen)
  await rollBack(sixteen)
  if (times === 0) return
  const results: Result[] = []
  let count = 0
  const begun = Date.now().toString(36)
  for (const protocol of protocols) {
    for (const one of cases.filter(({ name }) => name.includes(only))) {
      for (let time = 1; time <= times; time++) {
        const about = { protocol, name: `${begun} ${++count}` }
        const result = await runCase(sixteen, one, about, breaks).catch(async (error: Error) => {
          process.stdout.write(`${protocol} | ${one.name} | not measured: ${error.message}\n`)
          if (one.breaks !== null) await mend(sixteen, one.breaks)
          await rollBack(sixteen)
        })
        if (!result) continue
        results.push(result)
        process.stdout.write(`${tell(result)}\n`)
        if (out !== undefined) writeFileSync(out, JSON.stringify(results, null, 2))
      }
    }
    if ('two executors at once'.includes(only)) process.stdout.write(`${await both(sixteen, protocol, begun)}\n`)
  }
}

function tell({ protocol, case: name, committed, inDoubt, isTorn, told, blockedMs, isFree }: Result): string {
  const verdict = isTorn ? 'TORN' : inDoubt > 0 ? 'in doubt' : 'whole'
  const blocked = `${isFree ? '' : '> '}${(blockedMs / 1_000).toFixed(1)} s`
  return `${protocol} | ${name} | ${verdict} | committed in ${committed}, in doubt in ${inDoubt} | blocked ${blocked} | told ${told ?? 'nothing'}`
}

/** Ten transactions over the same rows, by two executors. */
async function both(sixteen: ReturnType<typeof lab>, protocol: Protocol, begun: string): Promise<string> {
  const names = Array.from({ length: 10 }, (_, index) => `${begun} ${protocol} both ${index}`)
  const fromMs = performance.now()
  await twoAtOnce(sixteen, protocol, names, 'UPDATE steps SET n = n + 1')
  const tookMs = performance.now() - fromMs
  const found: Awaited<ReturnType<typeof trace>>[] = []
  for (const name of names) found.push(await trace(sixteen, name))
  const torn = found.filter(({ committed }) => committed > 0 && committed < COUNT).length
  const whole = found.filter(({ committed }) => committed === COUNT).length
  return `${protocol} | two executors at once, ten transactions | ${torn} torn, ${whole} everywhere, ${10 - whole - torn} nowhere | in doubt in ${found[0]?.inDoubt ?? 0} | ${(tookMs / 1_000).toFixed(1)} s in all`
}

process.exitCode = await main()
