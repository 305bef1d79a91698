import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readConfig } from './app/config.ts'
import { audit } from './experiment/audit.ts'
import { runLoad } from './experiment/load.ts'
import { HELP, parseExperiment } from './experiment/options.ts'
import { readServers } from './experiment/servers.ts'

const run = promisify(execFile)
const shell = (command: string) => run('/bin/sh', ['-c', command])

const parsed = parseExperiment(process.argv.slice(2))
if ('help' in parsed) process.stdout.write(HELP)
else if ('errors' in parsed) {
  process.stderr.write(`${parsed.errors.join('\n')}\n`)
  process.exitCode = 2
} else {
  const { options } = parsed
  const config = readConfig(options.config)
  const started = performance.now()
  const at = () => Number(((performance.now() - started) / 1000).toFixed(3))
  const say = (what: string) => process.stdout.write(`${at().toFixed(1).padStart(6)} s  ${what}\n`)

  const ending = new AbortController()
  const lag = sampleLag(options.base.split(',')[0] as string, at, ending.signal)
  const load = runLoad(options)
  await sleep(options.faultAtSeconds * 1000)
  if (options.fault !== '') {
    say(options.fault)
    await shell(options.fault)
  }
  await sleep(options.afterSeconds * 1000)
  if (options.after !== '') {
    say(options.after)
    await shell(options.after)
  }
  const ledger = await load
  say(`${ledger.length} requests: ${JSON.stringify(Object.fromEntries(count(ledger.map(({ answer }) => answer))))}`)

  await until(async () => (await askJson<{ status: string }>(`${options.base.split(',')[0]}/healthz`)).status === 'ok')
  say('every server answers')
  const healed = performance.now()
  let found = audit(ledger, await readServers(config))
  let convergedMs: number | null = null
  for (;;) {
    const { missing_at_master, present_but_unmarked } = found.figures
    if (missing_at_master + present_but_unmarked === 0) convergedMs = performance.now() - healed
    if (convergedMs !== null || performance.now() - healed > options.settleSeconds * 1000) break
    await sleep(200)
    found = audit(ledger, await readServers(config))
  }
  ending.abort()
  const samples = await lag
  const result = {
    ...found.figures,
    oldest_unsynced_seconds_max: Math.max(0, ...samples.flatMap(({ oldest }) => oldest)),
    time_to_converge_seconds: convergedMs === null ? null : Math.round(convergedMs) / 1000,
  }
  mkdirSync(options.out, { recursive: true })
  const write = (file: string, text: string) => writeFileSync(path.join(options.out, file), text)
  write('result.json', JSON.stringify({ options, result, wrong: found.wrong }, null, 2))
  write('ledger.ndjson', ledger.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  write('lag.ndjson', samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
}

interface Sample {
  readonly at: number
  /** By shard; one that does not answer is left out. */
  readonly unsynced: readonly number[]
  readonly oldest: readonly number[]
}

/** How late the master is, four times a second; nothing while the application does not answer. */
async function sampleLag(base: string, at: () => number, signal: AbortSignal): Promise<readonly Sample[]> {
  type State = { shards: { unsynced: number | null; oldest_unsynced_seconds: number | null }[] }
  const samples: Sample[] = []
  while (!signal.aborted) {
    const state = await askJson<State>(`${base}/api/sync`).catch(() => null)
    const read = state?.shards.filter(({ unsynced }) => unsynced !== null) ?? []
    samples.push({
      at: at(),
      unsynced: read.map(({ unsynced }) => unsynced ?? 0),
      oldest: read.map(({ oldest_unsynced_seconds }) => oldest_unsynced_seconds ?? 0),
    })
    await sleep(250)
  }
  return samples
}

async function askJson<T>(url: string): Promise<T> {
  return (await (await fetch(url, { signal: AbortSignal.timeout(5000) })).json()) as T
}

function count<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await sleep(100)
}
