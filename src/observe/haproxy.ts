import type { Clock } from '../log/clock.ts'
import type { EventLog } from '../log/event-log.ts'
import type { HaproxyListener, HaproxyServer } from '../model/events.ts'
import { httpSource } from './http-source.ts'
import { poll, SourceError } from './poll.ts'

const STATS_EVERY_MS = 500

export interface HaproxySource {
  readonly log: Pick<EventLog, 'append'>
  readonly clock: Clock
  /** The statistics page in its CSV form, e.g. `http://host:7001/;csv`; `user:password@` in it is sent along. */
  readonly stats: string
  /** HAProxy's names of the listeners that matter. */
  readonly proxies: readonly string[]
  /** What its readings are appended as; default `haproxy.stats`. */
  readonly event?: 'haproxy.stats' | 'second-proxy.stats'
}

/**
 * Reads HAProxy's statistics twice a second. Resolves when `signal` aborts and the connection is closed; never rejects.
 */
export async function observeHaproxy(
  { log, clock, stats, proxies, event = 'haproxy.stats' }: HaproxySource,
  signal: AbortSignal,
): Promise<void> {
  const http = httpSource(stats)
  await poll(
    {
      clock,
      everyMs: STATS_EVERY_MS,
      ask: async (call) => {
        const { status, body } = await http.get(call)
        if (status !== 200) throw new SourceError(`HTTP ${status}`)
        return { listeners: parseStats(body, proxies) }
      },
      report: (reading) => log.append({ type: event, reading }),
    },
    signal,
  )
  http.close()
}

/**
 * The wanted listeners of the CSV page, in the order asked for (HAProxy 3.0 management guide, section 9.1: columns are
 * told by the header's names, new ones come last). A listener that HAProxy does not have is left out.
 * @throws {SourceError} `not CSV`, or `no such proxy` when it has none of them.
 */
export function parseStats(csv: string, proxies: readonly string[]): HaproxyListener[] {
  const [header, ...lines] = csv.split('\n')
  if (!header?.startsWith('# pxname,')) throw new SourceError('not CSV')
  const columns = header.slice(2).split(',')
  const wanted = lines.filter((line) => proxies.some((proxy) => line.startsWith(`${proxy},`)))
  const rows = wanted.map((line) => toRow(columns, line))
  const listeners = proxies.flatMap((proxy) =>
    toListener(
      proxy,
      rows.filter((row) => row.pxname === proxy),
    ),
  )
  if (listeners.length === 0 && proxies.length > 0) throw new SourceError('no such proxy')
  return listeners
}

type Row = Readonly<Record<string, string>>

function toRow(columns: readonly string[], line: string): Row {
  const fields = splitCsv(line)
  return Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? '']))
}

/** A field with a comma or a quote in it (`last_chk` is the server's own words) is quoted, its quotes doubled. */
function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

function toListener(proxy: string, rows: readonly Row[]): HaproxyListener[] {
  if (rows.length === 0) return []
  const servers = rows.filter((row) => row.svname !== 'FRONTEND' && row.svname !== 'BACKEND').map(toServer)
  const whole = rows.find((row) => row.svname === 'FRONTEND') ?? rows.find((row) => row.svname === 'BACKEND')
  return [{ proxy, sessions: Number(whole?.scur ?? 0), servers }]
}

function toServer(row: Row): HaproxyServer {
  const status = row.status ?? ''
  return {
    name: row.svname ?? '',
    status,
    // `UP 1/3` is on its way down but still serves, as does a server that nobody checks.
    isUp: status === 'no check' || /^UP\b/.test(status),
    sessions: Number(row.scur),
    totalSessions: Number(row.stot),
    // While a check is running the last result is shown with an asterisk.
    checkStatus: (row.check_status ?? '').replace(/^\* /, ''),
    lastChangeSeconds: Number(row.lastchg),
  }
}
