import type { Outcome } from '../../docker/output.ts'
import { FaultError } from '../fault.ts'
import type { World } from '../world.ts'

/** The socket is where Debian or PostgreSQL itself puts it. */
const AT_SOCKET = `
for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do [ -x "$bin/psql" ] && PATH=$bin:$PATH; done
for socket in /var/run/postgresql/.s.PGSQL.* /tmp/.s.PGSQL.*; do [ -S "$socket" ] && break; done
export PGHOST="\${socket%/*}" PGPORT="\${socket##*.}" PGCONNECT_TIMEOUT=2 PGUSER=postgres
`

const DEADLINE_MS = 5_000

/** Of psql: no connection, or it was lost. */
const NO_CONNECTION = 2

/**
 * What psql prints on a server's own socket, inside its container; null where no server answers there.
 * @throws {FaultError} with what psql said
 */
export async function askInside(
  { service, database, sql }: { readonly service: string; readonly database: string; readonly sql: string },
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  const script = `${AT_SOCKET}exec timeout -s KILL 3 psql -XqtAw -v ON_ERROR_STOP=1 -d "$1" -c "$2"`
  const found = await runInside(service, script, [database, sql], world, signal)
  if (found.code === NO_CONNECTION) return null
  if (found.code !== 0) throw new FaultError(`${service}: ${whyNot(found)}`)
  return found.stdout.trim()
}

/**
 * Starts psql with these statements, one transaction's, in a session of this name, and does not wait for it. It ends
 * well whatever becomes of it: where PostgreSQL is the first process of its container it takes every orphan there for
 * a child of its own, and one that ended otherwise for a crash, upon which it ends all sessions.
 */
export async function startInside(
  {
    service,
    database,
    application,
    statements,
  }: {
    readonly service: string
    readonly database: string
    readonly application: string
    readonly statements: readonly string[]
  },
  world: World,
  signal: AbortSignal,
): Promise<void> {
  const script = `${AT_SOCKET}export PGDATABASE=$1 PGAPPNAME=$2; shift 2
for statement; do set -- "$@" -c "$statement"; shift; done
setsid sh -c 'psql -Xqw -v ON_ERROR_STOP=1 "$@"; exit 0' psql "$@" </dev/null >/dev/null 2>&1 &`
  const found = await runInside(service, script, [database, application, ...statements], world, signal)
  if (found.code !== 0) throw new FaultError(`${service}: psql cannot be started: ${whyNot(found)}`)
}

/** The command by which a person gives the server in a container this statement. */
export function psqlByHand(container: string, database: string, sql: string): string {
  const socket = '$(dirname $(ls /var/run/postgresql/.s.PGSQL.???? /tmp/.s.PGSQL.???? 2>/dev/null | head -n 1))'
  const quoted = sql.replaceAll(/["$]/g, '\\$&')
  return `docker exec ${container} sh -c 'psql -U postgres -d ${database} -h ${socket} -c "${quoted}"'`
}

/** An engine that cannot run anything there says so on standard output. */
function whyNot({ code, stdout, stderr }: Outcome): string {
  return (stderr.trim() || stdout.trim()).split('\n')[0]?.trimEnd() || `psql gave exit code ${code}`
}

function runInside(
  service: string,
  script: string,
  given: readonly string[],
  { containers }: World,
  signal: AbortSignal,
): Promise<Outcome> {
  return containers.exec(service, ['sh', '-c', script, 'chaoslab', ...given], { deadlineMs: DEADLINE_MS }, signal)
}
