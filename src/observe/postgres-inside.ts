import { untilNextBeat } from '../log/beat.ts'
import type { LogAndClock } from '../log/event-log.ts'
import type { InsidePostgres, Reading } from '../model/events.ts'
import { attempt, SourceError } from './poll.ts'

/** What the observer needs of Docker: to run a command in a container of the lab's own, as `docker exec` does. */
interface AskedContainers {
  exec(
    service: string,
    command: readonly string[],
    options: { readonly deadlineMs: number },
    signal: AbortSignal,
  ): Promise<{ readonly code: number; readonly stdout: string }>
}

export interface PostgresInside extends LogAndClock {
  readonly containers: AskedContainers
  readonly nodes: readonly { readonly name: string; readonly service: string }[]
  /** Whether a node cannot be asked past the proxy now, and its container runs: only then is it asked here. */
  isCutOff(node: string): boolean
  /** Whether its container has been told to stop, and has not ended yet. */
  isStopping(node: string): boolean
}

const LOOK_EVERY_MS = 250
const EVERY_MS = 500
/** A standby says itself since when it has been one: it can be asked less often. */
const STANDBY_EVERY_MS = 1_000
const MOST_BACKOFF_MS = 5_000
/** Longer than the command gives itself. */
const DEADLINE_MS = 4_000

/**
 * Asks PostgreSQL inside its container, on its own socket, while it cannot be asked otherwise: a cut network leaves
 * that alone. Each question starts a process in the container and costs some 50 ms of CPU, so none is asked while all
 * is well. Resolves when `signal` aborts; never rejects.
 */
export async function observePostgresInside(sources: PostgresInside, signal: AbortSignal): Promise<void> {
  await Promise.all(sources.nodes.map((node) => follow(sources, node, signal)))
}

async function follow(
  { log, clock, containers, isCutOff, isStopping }: PostgresInside,
  { name, service }: PostgresInside['nodes'][number],
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = LOOK_EVERY_MS
  let failures = 0
  let hasAwaited = false
  while (!signal.aborted) {
    try {
      await clock.sleep(pauseMs, signal)
    } catch {
      return
    }
    const awaitsEnd: boolean = isStopping(name) && !hasAwaited
    const isAsked = awaitsEnd || isCutOff(name)
    hasAwaited = awaitsEnd && isCutOff(name)
    pauseMs = untilNextBeat(clock, LOOK_EVERY_MS)
    if (!isAsked) {
      failures = 0
      continue
    }
    const askedMs = clock.nowMs()
    const question = awaitsEnd ? awaitEnd : ask
    const heard = await attempt(clock, (inner) => question(containers, service, inner), signal, DEADLINE_MS)
    if (signal.aborted) return
    if (heard.ok && heard.value === null) continue
    const reading = heard as Reading<InsidePostgres>
    log.append({ type: 'postgres.inside', node: name, askedMs, reading })
    failures = reading.ok ? 0 : failures + 1
    pauseMs = pauseAfter(reading, failures)
  }
}

function pauseAfter(reading: Reading<InsidePostgres>, failures: number): number {
  // A server that starts or stops does not answer for a moment; where none ever does, there is no hurry.
  if (!reading.ok) return Math.min(EVERY_MS * 2 ** Math.max(0, failures - 3), MOST_BACKOFF_MS)
  return reading.value.type === 'answers' && reading.value.isInRecovery ? STANDBY_EVERY_MS : EVERY_MS
}

/**
 * As soon as its container is told to stop: between the server's end and the container's is but a moment to ask in.
 * @returns null when it has not ended within two seconds
 */
async function awaitEnd(
  containers: AskedContainers,
  service: string,
  signal: AbortSignal,
): Promise<InsidePostgres | null> {
  const { stdout } = await containers.exec(service, ['sh', '-c', END], { deadlineMs: DEADLINE_MS }, signal)
  return stdout.trim() === '' ? null : parseAnswer(stdout)
}

async function ask(containers: AskedContainers, service: string, signal: AbortSignal): Promise<InsidePostgres> {
  const command = ['sh', '-c', SCRIPT, 'chaoslab', SQL]
  const { stdout } = await containers.exec(service, command, { deadlineMs: DEADLINE_MS }, signal)
  return parseAnswer(stdout)
}

/** For how long: since recovery began, or for a primary since its postmaster was started. */
const SQL = `
  SELECT 'recovery=' || pg_is_in_recovery() || ' for=' || floor(1000 * extract(epoch FROM clock_timestamp() - coalesce(
    (SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'startup'), pg_postmaster_start_time())))::bigint`

const FIND = `
found=
for file in /proc/[0-9]*/comm; do
  pid=\${file#/proc/}
  read -r name < "$file" && case $name in postgres|postmaster) found="$found \${pid%/comm}";; esac
done 2>/dev/null`

const END = `
looks=40
while [ $looks -gt 0 ]; do
  ${FIND}
  [ -n "$found" ] || { echo gone; exit 0; }
  looks=$((looks - 1))
  sleep 0.05
done`

/**
 * Patroni starts PostgreSQL in its own container, so that what does not run there does not run. The socket is where
 * Debian or PostgreSQL itself puts it. A hung server must not leave a pile of processes behind: each ends by itself.
 * pg_isready exits with 1 while the server takes no sessions, and with 2 when nothing answers (its manual). Whether it
 * starts or stops then, its pid file says, whose first line is whose it is, and whose last is its state (miscadmin.h,
 * LOCK_FILE_LINE_PM_STATUS): that of a server before it may still lie there. It is read before and after: one that
 * ends meanwhile takes it away, and whoever is started next writes its own before it listens. One that stops takes no
 * connection any more once all sessions are gone, but ends only when whoever had connected meanwhile and said nothing is
 * gone too, after authentication_timeout at the latest (postmaster.c, PM_WAIT_DEAD_END): then no process has the title
 * that each with a task or a session has. Else the kernel is asked: processes of PostgreSQL that hold no socket, neither
 * to the network nor its own, have no client and can get none, as in crash recovery in single-user mode. What a process
 * holds, only its owner may see.
 */
const SCRIPT = `
${FIND}
[ -n "$found" ] || { echo gone; exit 0; }
for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do [ -x "$bin/psql" ] && PATH=$bin:$PATH; done
for socket in /var/run/postgresql/.s.PGSQL.* /tmp/.s.PGSQL.*; do [ -S "$socket" ] && break; done
export PGHOST="\${socket%/*}" PGPORT="\${socket##*.}" PGCONNECT_TIMEOUT=2 PGUSER=postgres PGDATABASE=postgres
timeout -s KILL 2 psql -XqtAw -c "$1" 2>/dev/null && exit 0
titled= folder= servers= stopping=
for pid in $found; do
  case $(tr '\\0' ' ' < /proc/$pid/cmdline) in "postgres: "*) titled=1;; esac
  given=$(tr '\\0' '\\n' < /proc/$pid/cmdline | sed -n '/^-D$/{n;p;q;}')
  [ -n "$given" ] && folder=$given servers="$servers $pid"
done 2>/dev/null
file() { cat "$folder/postmaster.pid" 2>/dev/null | tr '\\n' ' '; }
was=$(file)
timeout -s KILL 2 pg_isready -q -t 1
said=$? is=$(file)
is=\${is:-$was}
case "$servers " in *" \${is%% *} "*) case $is in *" stopping "*) stopping=1;; esac;; esac
[ -n "$stopping" ] && { [ $said = 1 ] || [ -z "$titled" ]; } && { echo stopping; exit 0; }
[ $said = 1 ] && { echo refuses; exit 0; }
sockets=" $( { awk 'FNR > 1 { print $10 }' /proc/net/tcp /proc/net/tcp6; awk '/PGSQL/ { print $7 }' /proc/net/unix; } 2>/dev/null | tr '\\n' ' ')"
for pid in $found; do
  owner=$(stat -c %u /proc/$pid) group=$(stat -c %g /proc/$pid)
  [ "$owner" = "$(id -u)" ] && as= || as="setpriv --reuid=$owner --regid=$group --clear-groups"
  held=$($as ls -l /proc/$pid/fd 2>/dev/null) || { [ -d /proc/$pid ] && exit 0; continue; }
  for socket in $(echo "$held" | sed -n 's/.*socket:\\[\\([0-9]*\\)\\]$/\\1/p'); do
    case $sockets in *" $socket "*) exit 0;; esac
  done
done
${FIND}
[ -n "$found" ] && echo refuses || echo gone`

/** @throws {SourceError} `no answer` when nothing of use was printed. */
export function parseAnswer(stdout: string): InsidePostgres {
  const text = stdout.trim()
  if (text === 'gone' || text === 'refuses' || text === 'stopping') return { type: text }
  const found = /^recovery=(true|false) for=(\d+)$/.exec(text)
  if (found === null) throw new SourceError('no answer')
  return { type: 'answers', isInRecovery: found[1] === 'true', forMs: Number(found[2]) }
}
