import type { LogAndClock } from '../../../log/event-log.ts'
import { SourceError } from '../../../observe/poll.ts'
import { pollHttp } from '../../../observe/poll-server.ts'
import type { HaproxyListener, HaproxyServer } from '../events.ts'

const STATS_EVERY_MS = 500

interface HaproxySource extends LogAndClock {
  /** The statistics page in its CSV form, e.g. `http://host:7001/;csv`; `user:password@` in it is sent along. */
  readonly stats: string
  /** What the lab calls this HAProxy. */
  readonly name: string
  /** Its own names of the listeners that matter. */
  readonly listeners: readonly string[]
  /** Which node a server leads to; null for one that is none, or of which it is not known. */
  readonly nodeOf?: NodeOf
}

/**
 * Reads HAProxy's statistics twice a second. Resolves when `signal` aborts and the connection is closed; never rejects.
 */
export async function observeHaproxy(
  { log, clock, name, stats, listeners, nodeOf }: HaproxySource,
  signal: AbortSignal,
): Promise<void> {
  await pollHttp(signal, {
    clock,
    everyMs: STATS_EVERY_MS,
    url: stats,
    parse: (body) => ({ listeners: parseStats(body, listeners, nodeOf) }),
    report: (reading) => log.append({ type: 'haproxy.stats', proxy: name, reading }),
  })
}

/**
 * The wanted listeners of the CSV page, in the order asked for (HAProxy 3.0 management guide, section 9.1: columns are
 * told by the header's names, new ones come last).
 * @throws {SourceError} it is not CSV, or has not all of the proxies.
 */
export function parseStats(csv: string, proxies: readonly string[], nodeOf: NodeOf = () => null): HaproxyListener[] {
  const [header, ...lines] = csv.split('\n')
  if (!header?.startsWith('# pxname,')) throw new SourceError('not CSV: its address ends in ;csv')
  const columns = header.slice(2).split(',')
  const wanted = lines.filter((line) => proxies.some((proxy) => line.startsWith(`${proxy},`)))
  const rows = wanted.map((line) => toRow(columns, line))
  const listeners = proxies.flatMap((proxy) =>
    toListener(
      proxy,
      rows.filter((row) => row.pxname === proxy),
      nodeOf,
    ),
  )
  const missing = proxies.filter((proxy) => !listeners.some((listener) => listener.proxy === proxy))
  if (missing.length > 0) {
    throw new SourceError(`no proxy is called ${missing.join(', ')}; there are ${proxiesIn(csv).join(', ') || 'none'}`)
  }
  return listeners
}

/** The names of all of its proxies. */
export function proxiesIn(csv: string): readonly string[] {
  const [, ...lines] = csv.split('\n')
  return [...new Set(lines.flatMap((line) => line.split(',', 1)))].filter((name) => name !== '')
}

/** `address` is null where HAProxy does not tell it: it does with `stats show-legends`. */
export type NodeOf = (server: { readonly name: string; readonly address: string | null }) => string | null

/** Of a hundred columns those that are looked at. */
const COLUMNS = ['pxname', 'svname', 'scur', 'status', 'check_status', 'lastchg', 'addr'] as const
type Row = Readonly<Record<(typeof COLUMNS)[number], string>>

function toRow(columns: readonly string[], line: string): Row {
  const fields = splitCsv(line)
  return Object.fromEntries(COLUMNS.map((column) => [column, fields[columns.indexOf(column)] ?? ''])) as Row
}

/** A field with a comma or a quote in it (`last_chk` is the server's own words) is quoted, its quotes doubled. */
function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

function toListener(proxy: string, rows: readonly Row[], nodeOf: NodeOf): HaproxyListener[] {
  if (rows.length === 0) return []
  const servers = rows
    .filter((row) => row.svname !== 'FRONTEND' && row.svname !== 'BACKEND')
    .map((row) => toServer(row, nodeOf))
  const whole = rows.find((row) => row.svname === 'FRONTEND') ?? rows.find((row) => row.svname === 'BACKEND')
  return [{ proxy, sessions: Number(whole?.scur ?? 0), servers }]
}

function toServer(row: Row, nodeOf: NodeOf): HaproxyServer {
  const { status, svname: own } = row
  const name = nodeOf({ name: own, address: row.addr || null }) ?? own
  return {
    name,
    ...(name !== own && { calledInProxy: own }),
    status,
    // `UP 1/3` is on its way down but still serves, as does a server that nobody checks.
    isUp: status === 'no check' || /^UP\b/.test(status),
    sessions: Number(row.scur),
    // While a check is running the last result is shown with an asterisk.
    checkStatus: row.check_status.replace(/^\* /, ''),
    lastChangeSeconds: Number(row.lastchg),
  }
}
