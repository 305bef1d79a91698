import type { Program } from '../../docker/start-program.ts'
import type { Clock } from '../../log/clock.ts'
import { countWrites } from '../../model/ledger.ts'
import { parseJson } from '../../model/parse-json.ts'
import type { TrafficSettings } from '../../traffic/generator.ts'
import { CLIENTS_LABEL, clientProgram } from './client-program.ts'
import { type ClientLine, type ClientSettings, DEAD_MAN_MS, SAID_FILE, type Said, TOLD_FILE } from './protocol.ts'
import { createSiteBook, type SiteBook, type SiteBookOptions } from './site-book.ts'

/** What it takes of an engine to run clients on its machine. */
export interface ClientHost {
  /** The engine's own clock: Unix milliseconds. */
  time(signal?: AbortSignal): Promise<number>
  readonly programs: {
    start(program: Program, signal?: AbortSignal): Promise<string>
    list(labels: readonly string[], signal?: AbortSignal): Promise<readonly { readonly id: string }[]>
    exec(
      id: string,
      command: readonly string[],
      signal?: AbortSignal,
    ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>
    end(id: string, signal?: AbortSignal): Promise<void>
  }
}

export interface SiteOptions extends Omit<SiteBookOptions, 'zeroUnixMs'>, Omit<ClientSettings, 'runId'> {
  /** The hosts of the site with their engines; the first that answers has the clients. */
  readonly hosts: readonly { readonly name: string; readonly containers: ClientHost }[]
  readonly clock: Clock
  /** Marks this lab's containers. */
  readonly mark: string
  /** How often what they have told is fetched; default 5 s. */
  readonly hearEveryMs?: number
}

/** Clients that run on a host of the lab. */
export interface SiteClients extends Pick<SiteBook, 'ledger' | 'probes' | 'isWhole'> {
  readonly from: string
  readonly runId: string
  /** Has them send from the first call on, and so much from now on. */
  set(traffic: TrafficSettings): void
  /** Has them end, and waits until all of it was told, or nobody can hear them. */
  end(): Promise<void>
}

/** Each time costs their host a command in a container, and a login where its engine is reached by ssh. */
const EVERY_MS = 5_000
/** Until they have heard what was said last, and when they are to end. */
const SOON_MS = 500
/** They give what is under way two seconds, and the engine may be slow. */
const END_WITHIN_MS = 30_000

/**
 * Starts the clients of a site in a container on one of its hosts. They send nothing before they are told to.
 * @throws {Error} that says on which host, and why not
 */
export async function startSiteClients(options: SiteOptions, signal: AbortSignal): Promise<SiteClients> {
  const { from, runId, clock, log, mark, hearEveryMs = EVERY_MS } = options
  const { host, zeroUnixMs } = await firstThatAnswers(options, signal)
  const { programs } = host.containers
  const id = await start(host, clientProgram(options, mark), mark, signal)
  const book = createSiteBook({ ...options, zeroUnixMs })
  log.append({ type: 'site.began', from, host: host.name, runId, zeroUnixMs })
  const said: { n: number; traffic: TrafficSettings | null; isOver: boolean } = { n: 0, traffic: null, isOver: false }
  const ending = new AbortController()
  const talking = talk({ host: host.name, clock, book, said, ending: ending.signal, hearEveryMs }, (command) =>
    programs.exec(id, command),
  )
  return {
    from,
    runId,
    ledger: book.ledger,
    probes: book.probes,
    isWhole: () => book.isWhole(),
    set(traffic) {
      said.traffic = traffic
    },
    async end() {
      if (ending.signal.aborted) return void (await talking)
      said.isOver = true
      ending.abort()
      const why = await talking
      // Where nobody answers it goes by itself.
      await programs.end(id).catch(() => {})
      await book.close()
      log.append({ type: 'site.ended', from, why, writes: countWrites(book.ledger) })
    },
  }
}

type Host = SiteOptions['hosts'][number]

async function firstThatAnswers({ from, hosts, clock }: SiteOptions, signal: AbortSignal) {
  const silent: string[] = []
  for (const host of hosts) {
    try {
      return { host, zeroUnixMs: await zeroOf(host, clock, signal) }
    } catch (error) {
      signal.throwIfAborted()
      silent.push(`${host.name}: ${(error as Error).message}`)
    }
  }
  throw new Error(`no host of ${from} can run its clients (${silent.join('; ')})`)
}

const READINGS = 5

/** What a host's clock showed when the clock of this run began, by the quickest of a few answers. */
async function zeroOf({ containers }: Host, clock: Clock, signal: AbortSignal): Promise<number> {
  const readings = []
  for (let n = 0; n < READINGS; n++) {
    const askedMs = clock.nowMs()
    const unixMs = await containers.time(signal)
    const answeredMs = clock.nowMs()
    readings.push({ tookMs: answeredMs - askedMs, zeroUnixMs: unixMs - (askedMs + answeredMs) / 2 })
  }
  const [best] = readings.sort((a, b) => a.tookMs - b.tookMs)
  return best?.zeroUnixMs ?? Number.NaN
}

/** Those that a run that was killed has left there end first. */
async function start({ name, containers }: Host, program: Program, mark: string, signal: AbortSignal): Promise<string> {
  const { programs } = containers
  try {
    for (const { id } of await programs.list([`${CLIENTS_LABEL}=${mark}`], signal)) await programs.end(id, signal)
    return await programs.start(program, signal)
  } catch (error) {
    signal.throwIfAborted()
    const isMissing = (error as { statusCode?: number }).statusCode === 404
    const why = isMissing ? `there is no image ${program.image}: ${BRING}` : (error as Error).message
    throw new Error(`clients cannot be started on ${name}: ${why}`, { cause: error })
  }
}

const BRING = 'chaoslab up brings it, where the lab definition says compose: { app: true }'

interface Talk {
  readonly host: string
  readonly clock: Clock
  readonly book: SiteBook
  readonly said: { n: number; readonly traffic: TrafficSettings | null; readonly isOver: boolean }
  readonly ending: AbortSignal
  readonly hearEveryMs: number
}

type Exec = (command: readonly string[]) => ReturnType<ClientHost['programs']['exec']>

/** Says what is to be sent, and takes in what was told, again and again until it is over. @returns why it was not heard to its end */
async function talk({ host, clock, book, said, ending, hearEveryMs }: Talk, exec: Exec): Promise<string | null> {
  let [heardMs, endedMs, at] = [clock.nowMs(), Number.POSITIVE_INFINITY, 0]
  for (;;) {
    const isOver = ending.aborted
    if (isOver) endedMs = Math.min(endedMs, clock.nowMs())
    const { traffic } = said
    const heard = await hear(exec, { ...said, n: ++said.n }, at).catch((error: unknown) => error as Error)
    const nowMs = clock.nowMs()
    if (!(heard instanceof Error)) {
      heardMs = nowMs
      at += heard.bytes
      for (const line of heard.lines) book.take(line)
    }
    if (book.failure() !== null) return `they ended on ${host}: ${book.failure()}`
    if (book.isWhole())
      return isOver ? null : `they ended on ${host} by themselves, as they had heard nothing of the lab`
    if (heard instanceof Error && isGone(heard)) return `their container on ${host} is gone`
    if (nowMs - heardMs >= DEAD_MAN_MS) return `nothing was heard of them on ${host} for two minutes`
    if (nowMs - endedMs >= END_WITHIN_MS) return `they were not heard to their end on ${host}`
    if (!(heard instanceof Error) && heard.isMore) continue
    const isHeard = !(heard instanceof Error) && traffic !== null && traffic === said.traffic && !isOver
    await clock.sleep(isHeard ? hearEveryMs : SOON_MS, isOver ? undefined : ending).catch(() => {})
  }
}

/** There is no such container, or it does not run. */
function isGone(error: Error): boolean {
  return [404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)
}

/** So much at a time: an answer of an engine is cut at 64 KiB. */
const PIECE_BYTES = 48_000
export const HEAR_SCRIPT = `printf %s "$1" > ${SAID_FILE}.new && mv ${SAID_FILE}.new ${SAID_FILE} || exit 1
tail -c +"$2" ${TOLD_FILE} | head -c ${PIECE_BYTES}`

async function hear(exec: Exec, said: Said, at: number) {
  const { code, stdout, stderr } = await exec([
    'sh',
    '-c',
    HEAR_SCRIPT,
    'chaoslab',
    JSON.stringify(said),
    String(at + 1),
  ])
  if (code !== 0) throw new Error(stderr.trim())
  // What follows the last end of a line is told again as soon as it is whole.
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
  const lines = whole.split('\n').flatMap((text) => (parseJson(text) as ClientLine | undefined) ?? [])
  return { lines, bytes: Buffer.byteLength(whole), isMore: Buffer.byteLength(stdout) >= PIECE_BYTES - 4 }
}
