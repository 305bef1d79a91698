import type { OperationKind } from '../dist/model/events.js'
import type { Bench } from './bench.ts'
import { connectEach, labSessions, type OpenLoop, runLoop } from './clients.ts'
import { type Contestant, type Played, play, ratiosTo } from './contest.ts'
import { runPgbench } from './pgbench.ts'
import { addTable, attempt, newSection, ratios, type Section, spread } from './result.ts'

const CLIENTS = 8

/** What a connection for every statement costs. */
export async function naive(bench: Bench): Promise<Section> {
  const section = newSection(
    'A connection for every statement',
    `${CLIENTS} clients that connect, ask once and hang up, beside those that keep their connections; ratios to pgbench with kept connections, round by round.`,
  )
  const table = addTable(section, '', ['operation', 'client', 'ops/s', 'ratio to pgbench', 'CPU ms / 1,000', 'failed'])
  for (const kind of ['write', 'read'] as const) {
    const what = kind === 'write' ? 'INSERT' : 'SELECT'
    bench.progress(`a connection for every statement: ${what}`)
    await attempt(section, what, bench.signal, async () => {
      const played = await play(contestants(kind, bench), bench)
      for (const each of played) {
        const ratio = each === played[0] ? '1' : ratios(ratiosTo(played[0] as Played, each))
        const { name, perSecond, cpuPerThousandMs, failed } = each
        table.rows.push([what, name, spread(perSecond), ratio, spread(cpuPerThousandMs), String(failed)])
      }
      section.data.push({ kind, clients: CLIENTS, rounds: played })
    })
  }
  return section
}

function contestants(kind: OperationKind, bench: Bench): Contestant[] {
  const seconds = bench.isQuick ? 1 : 2
  const { credentials, signal } = bench
  const options = { kind, address: bench.address[kind], credentials, clients: CLIENTS, seconds }
  const own = (name: string, open: OpenLoop): Contestant => ({ name, run: () => runLoop(open, options, signal) })
  const pgbench = (name: string, connectsEach: boolean): Contestant => ({
    name,
    async run() {
      const [result] = await runPgbench([{ kind, clients: CLIENTS, seconds, connectsEach }], bench)
      if (result === undefined) throw new Error('pgbench gave no result')
      return result
    },
  })
  return [
    pgbench('pgbench', false),
    own('chaoslab', labSessions),
    own('a connection each, node-postgres', connectEach),
    pgbench('a connection each, pgbench -C', true),
  ]
}
