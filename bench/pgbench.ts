import { spawn } from 'node:child_process'
import type { OperationKind } from '../dist/model/events.js'
import { eventStatements } from '../dist/workloads/events/statements.js'
import { type Bench, SEARCH_PATH } from './bench.ts'

export interface PgbenchJob {
  readonly kind: OperationKind
  readonly clients: number
  readonly seconds: number
  /** `--rate`: due times as of a Poisson process. Left out, a closed loop. */
  readonly ratePerSecond?: number
  /** `-C`: a connection for every statement. */
  readonly connectsEach?: boolean
  /** `\startpipeline` with so many statements; default: none. */
  readonly pipeline?: number
}

export interface PgbenchResult {
  readonly operations: number
  readonly failed: number
  readonly perSecond: number
  /** The client's own, user and system, without what connecting costs. */
  readonly cpuMs: number
  /** Only with a rate: of what was sent after the first second. Milliseconds, from the due time. */
  readonly latenciesMs: Float64Array
  /** Sent after the due time, milliseconds. */
  readonly lagsMs: Float64Array
}

const PGBENCH = '/usr/lib/postgresql/17/bin/pgbench'
const OWNERS = 3
let containers = 0

/**
 * Runs pgbench jobs side by side in one container with the host's network, so that they take the published ports as
 * the lab's own clients do: the workload's statements, prepared, one thread a job. pgbench can number its rows but not
 * name them, so a row's name is a number of about the same length as a write's identity.
 */
export async function runPgbench(jobs: readonly PgbenchJob[], bench: Bench): Promise<PgbenchResult[]> {
  const name = `chaoslab_bench_${process.pid}_${++containers}`
  const image = bench.lab.compose?.image?.tag ?? 'patroni'
  const env = { PGPASSWORD: bench.lab.postgres.password, PGOPTIONS: SEARCH_PATH, LC_ALL: 'C.UTF-8' }
  const settings = Object.keys(env).flatMap((key) => ['--env', key])
  const args = [
    'run',
    '--rm',
    '-i',
    '--name',
    name,
    '--network',
    'host',
    ...settings,
    '--entrypoint',
    'bash',
    image,
    '-s',
  ]
  const output = await runContainer(
    name,
    args,
    env,
    jobs.map((job, at) => prepare(job, at, bench)),
    bench.signal,
  )
  return jobs.map((job, at) => read(job, output, at))
}

async function runContainer(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  parts: readonly { readonly before: string; readonly run: string; readonly after: string }[],
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted()
  const all = (which: 'before' | 'run' | 'after') => parts.map((part) => part[which]).join('\n')
  const script = `set -u\ncd /dev/shm\nTIMEFORMAT='%U %S'\n${all('before')}\n${all('run')}\nwait\n${all('after')}\n`
  const child = spawn('docker', args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const onAbort = () => void spawn('docker', ['rm', '--force', name], { stdio: 'ignore', detached: true })
  signal.addEventListener('abort', onAbort, { once: true })
  const chunks: Buffer[] = []
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  child.stdin.on('error', () => {})
  child.stdin.end(script)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  signal.removeEventListener('abort', onAbort)
  signal.throwIfAborted()
  if (code !== 0) throw new Error(`docker run ended with ${code}: ${errors.trim().slice(-300)}`)
  return Buffer.concat(chunks).toString()
}

/** The bash that runs one job; its results go to standard output between marks. */
function prepare(job: PgbenchJob, at: number, { address, lab }: Bench) {
  const { kind, clients, seconds, ratePerSecond } = job
  const { host, port } = address[kind]
  const scripts = sqlOf(kind, job.pipeline)
  const files = scripts.map((sql, n) => `cat > /tmp/${at}.${n}.sql <<'SQL'\n${sql}\nSQL`)
  const common =
    `${PGBENCH} -n -M prepared -h ${host} -p ${port} -U ${lab.postgres.user} -j 1 -c ${clients} ` +
    `${scripts.map((_, n) => `-f /tmp/${at}.${n}.sql`).join(' ')}${job.connectsEach ? ' -C' : ''}`
  const rate = ratePerSecond === undefined ? '' : ` -R ${ratePerSecond} -l --log-prefix=log${at}`
  return {
    before: [
      ...files,
      // What connecting and preparing cost is taken off: the comparison is about the statements.
      `{ time ${common} -t 1 ${lab.postgres.database} > /dev/null 2>&1; } 2> idle${at}`,
    ].join('\n'),
    run: `{ time ${common} -T ${seconds}${rate} ${lab.postgres.database} > out${at} 2>&1; } 2> time${at} &`,
    after: `echo "== ${at}"; cat out${at}; echo "== idle"; cat idle${at}; echo "== time"; cat time${at}; echo "== log"; cat log${at}.* 2> /dev/null || true`,
  }
}

/** The statements as the lab sends them; the lab's owners take turns, here by chance. */
function sqlOf(kind: OperationKind, pipeline = 1): string[] {
  const workload = eventStatements('bench')
  if (kind === 'read') return [repeated(`${oneLine(workload.read(1).statement.text)};`, pipeline)]
  return Array.from({ length: OWNERS }, (_, n) => {
    const { statement, values } = workload.write(n)
    const text = oneLine(statement.text).replaceAll('$1', ':name').replaceAll('$2', `'${values[1]}'`)
    return repeated(`\\set name random(100000000, 999999999)\n${text};`, pipeline)
  })
}

/** A Sync after each makes each a transaction of its own. */
function repeated(sql: string, pipeline: number): string {
  if (pipeline === 1) return sql
  return `\\startpipeline\n${Array.from({ length: pipeline }, () => sql).join('\n\\syncpipeline\n')}\n\\endpipeline`
}

function oneLine(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim()
}

function read(job: PgbenchJob, output: string, at: number): PgbenchResult {
  const text = output.split(/^== (?=\d+$)/m).find((part) => part.startsWith(`${at}\n`)) ?? ''
  const [said = '', idle = '', time = '', log = ''] = text.split(/^== (?:idle|time|log)\n/m)
  const operations = Number(/transactions actually processed: (\d+)/.exec(said)?.[1])
  const perSecond = Number(/tps = ([\d.]+)/.exec(said)?.[1])
  if (!(operations > 0) || said.includes('Run was aborted')) throw new Error(`pgbench: ${said.trim().slice(-300)}`)
  const failed = Number(/failed transactions: (\d+)/.exec(said)?.[1] ?? 0)
  const cpuMs = secondsIn(time) - (job.connectsEach ? 0 : secondsIn(idle))
  // What pgbench counts is whole pipelines.
  const { pipeline = 1 } = job
  const done = { operations: operations * pipeline, perSecond: perSecond * pipeline }
  return { ...done, failed, cpuMs: cpuMs * 1_000, ...readLog(log) }
}

function secondsIn(time: string): number {
  const [user = Number.NaN, system = Number.NaN] = time.trim().split(/\s+/).map(Number)
  return user + system
}

/**
 * Lines of `client number elapsed script seconds microseconds lag`; with a rate both times count from the due time
 * (PostgreSQL 17, pgbench, "Per-Transaction Logging").
 */
function readLog(log: string): { readonly latenciesMs: Float64Array; readonly lagsMs: Float64Array } {
  const lines = log
    .split('\n')
    .filter((line) => /^\d+ \d+ \d+ /.test(line))
    .map((line) => line.split(' ').map(Number))
  const dueUs = ([, , elapsed = 0, , seconds = 0, micros = 0]: number[]) => seconds * 1e6 + micros - elapsed
  const startUs = lines.reduce((first, line) => Math.min(first, dueUs(line)), Number.POSITIVE_INFINITY)
  // By when it was sent: a client that cannot keep up may never come to what was due later.
  const counted = lines.filter((line) => dueUs(line) + (line[6] ?? 0) >= startUs + 1e6)
  return {
    latenciesMs: Float64Array.from(counted, (line) => (line[2] ?? 0) / 1_000),
    lagsMs: Float64Array.from(counted, (line) => (line[6] ?? 0) / 1_000),
  }
}
