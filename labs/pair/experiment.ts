import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CommanderError } from 'commander'
import { roleOf } from './experiment/count.ts'
import { readExperiment } from './experiment/options.ts'
import { plot } from './experiment/plot.ts'
import { closing, runExperiment } from './experiment/run.ts'

const STATUS = 'http://127.0.0.1:5431/status'

/** As much of the proxy's status as is needed here. */
interface Status {
  readonly rule: string
  readonly leadsTo: 'my_primary' | 'my_standby'
  readonly why: unknown
}

const say = (line: string) => process.stdout.write(`${line}\n`)
const status = async () => (await (await fetch(STATUS)).json()) as Status

async function main(args: readonly string[]): Promise<number> {
  const options = readExperiment(args)
  const before = await status().catch(() => null)
  if (before === null) {
    process.stderr.write('the proxy does not answer on 127.0.0.1:5431: is the pair up?\n')
    return 2
  }
  if (before.leadsTo !== 'my_primary') {
    process.stderr.write('the proxy leads to my_standby already: take the pair down with its volumes, and up again.\n')
    return 2
  }
  const [primary, standby] = [await roleOf('my_primary'), await roleOf('my_standby')]
  if (primary !== 'primary' || standby !== 'standby') {
    process.stderr.write(`my_primary is ${primary ?? 'not there'}, my_standby is ${standby ?? 'not there'}: no pair.\n`)
    return 2
  }
  const run = `run${Date.now()}`
  const outcome = await runExperiment(options, run, say)
  const after = await status()
  const end = await closing(run, outcome, after.leadsTo)
  mkdirSync(options.out, { recursive: true })
  const file = (name: string) => path.join(options.out, name)
  writeFileSync(file('curves.svg'), plot(outcome.samples, outcome.marks, `Rows on each server, ${after.rule} rule`))
  const lines = outcome.samples.map(({ atSeconds, rows }) => [atSeconds.toFixed(2), rows.my_primary, rows.my_standby])
  writeFileSync(file('curves.csv'), ['seconds,my_primary,my_standby', ...lines.map(String), ''].join('\n'))
  writeFileSync(file('result.json'), `${JSON.stringify({ ...end, errors: outcome.errors, status: after }, null, 2)}\n`)
  const most = (server: 'my_primary' | 'my_standby') => Math.max(...outcome.samples.map(({ rows }) => rows[server]))
  say(`the proxy leads to ${after.leadsTo} (${after.rule} rule): ${JSON.stringify(after.why)}`)
  say(
    `roles: my_primary ${end.roles.my_primary ?? 'cannot be asked'}, my_standby ${end.roles.my_standby ?? 'cannot be asked'}`,
  )
  say(
    `acknowledged ${end.acknowledged}, failed ${outcome.errors.length}, acknowledged and not on ${after.leadsTo}: ${end.lost}`,
  )
  if (options.hasDirectClient)
    say(`written past the proxy: ${end.directAcknowledged}, not on ${after.leadsTo}: ${end.directLost}`)
  say(`the plot: ${file('curves.svg')}`)
  say(`records in primary ${most('my_primary')}/${options.inserts}`)
  say(`records in standby ${most('my_standby')}/${options.inserts}`)
  return 0
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof CommanderError)) throw error
  return error.exitCode === 0 ? 0 : 2
})
