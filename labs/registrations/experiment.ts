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

  await until(
    async () => ((await (await fetch(`${options.base}/healthz`)).json()) as { status: string }).status === 'ok',
  )
  say('every server answers')
  const healed = performance.now()
  let found = audit(ledger, await readServers(config))
  let convergedMs: number | null = null
  for (;;) {
    if (found.figures.missing_at_master === 0 && found.figures.synced_but_absent === 0)
      convergedMs = performance.now() - healed
    if (convergedMs !== null || performance.now() - healed > options.settleSeconds * 1000) break
    await sleep(200)
    found = audit(ledger, await readServers(config))
  }
  const converged = convergedMs === null ? null : Number((convergedMs / 1000).toFixed(2))
  const state = (await (await fetch(`${options.base}/api/sync`)).json()) as object
  const result = { ...found.figures, time_to_converge_seconds: converged }
  mkdirSync(options.out, { recursive: true })
  writeFileSync(
    path.join(options.out, 'result.json'),
    JSON.stringify({ options, result, wrong: found.wrong, state }, null, 2),
  )
  writeFileSync(path.join(options.out, 'ledger.ndjson'), ledger.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
}

function count<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await sleep(100)
}
