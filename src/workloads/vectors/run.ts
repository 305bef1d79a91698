import type { OperationRecord, OwnClients } from '../../traffic/operation.ts'
import { CODES } from '../../traffic/outcome.ts'
import type { Row } from '../../traffic/session.ts'
import { NO_READS, type Reach, type RunToBegin, type WorkloadRun } from '../workload.ts'
import { Batches, replyFor, type SentBatch } from './batches.ts'
import { AcknowledgedBook } from './book.ts'
import { clientsOf, idOf, namespaceOf, PROBES } from './clients.ts'
import { GatewayWaits } from './gateway-waits.ts'
import {
  createClient,
  type GatewayClient,
  type HttpReply,
  OPENS_WITHIN_MS,
  openClient,
  perform,
  type Silence,
} from './http-client.ts'
import { BATCH, batchOf, DIMENSION, NEAREST, planOf, vectorsBy } from './plan.ts'
import { SearchBook } from './searches.ts'

const WRITE_WITHIN_MS = 3_000
const SEARCH_WITHIN_MS = 1_000
/** Whoever goes by a gateway that is gone has lost so much at most: what was under way, and one attempt to go by it again. */
export const GIVES_UP_MS = WRITE_WITHIN_MS + OPENS_WITHIN_MS
const PROBE_EVERY_MS = 250
/** So many vectors the probe writes in turn: enough that every shard has some. */
const PROBED = 32

type Run = RunToBegin & { readonly to: Reach }

/** Inserts, updates, deletes and searches, one after the other on each connection to a gateway. */
export function beginVectors({ runId, to }: Run): WorkloadRun & { readonly clients: OwnClients } {
  const { clock } = to
  const vectors = vectorsBy(runId)
  const book = new AcknowledgedBook(vectors.written)
  const searches = new SearchBook(SEARCH_WITHIN_MS)
  /** Deletes that were told there is no such vector, though its insert had been acknowledged. */
  const vanished = new Set<number>()
  const base = `/namespaces/${namespaceOf(runId)}`
  const waits = new GatewayWaits()
  const batches = new Batches(clock)
  /** Of an insert that goes with others; resolves as it is sent. */
  const inBatch = (client: GatewayClient, batch: number, seq: number, signal: AbortSignal): Promise<SentBatch> => {
    const vector = { id: idOf(runId, seq), values: vectors.written(seq), metadata: { seq } }
    const path = `${base}/vectors/batch?deadline_ms=${WRITE_WITHIN_MS}`
    const send = (all: readonly object[]) => client.ask('POST', path, { mode: 'insert', vectors: all }, signal)
    return batches.join(`${client.server} ${batch}`, BATCH, vector, send)
  }
  return {
    write(seq) {
      book.begin(seq)
      return {
        routes: ['write'],
        identity: `${runId}:${seq}`,
        run: async ([given], signal) => {
          const client = given as GatewayClient
          const batch = batchOf(seq)
          const sent = batch === null ? null : await inBatch(client, batch, seq, signal)
          const { answer } = waits.begin(client)
          const send = () => {
            if (sent === null) return sendWrite(client, base, runId, seq, vectors.written, signal)
            return orTimeout(sent.reply, signal).then((reply) => replyFor(idOf(runId, seq), reply))
          }
          return perform(clock, send, (reply) => {
            answer(reply)
            return writtenRow(reply)
          })
        },
      }
    },
    read(seq) {
      const body = { vector: vectors.asked(seq), k: NEAREST, exact: isExact(seq) }
      const path = `${base}/search?deadline_ms=${SEARCH_WITHIN_MS}`
      return {
        routes: ['read'],
        identity: null,
        run: ([client], signal) => {
          const gateway = client as GatewayClient
          const { answer } = waits.begin(gateway)
          return perform(
            clock,
            () => gateway.ask('POST', path, body, signal),
            (reply) => foundRow(reply, answer(reply)),
          )
        },
      }
    },
    told: () => ({}),
    onEnded(record) {
      if (record.kind === 'write') onWrite(record, book, vanished)
      else onSearch(record, vectors.asked(record.seq), book, searches)
    },
    take: () => NO_READS,
    measure: () => searches.take(),
    observed: { mark: () => new MarkedSearches(searches.counts(), new Set(vanished)) },
    clients: clientsFor(runId, to),
  }
}

/** Half of the searches go past the index, so that what they lack is not the index's doing. */
const isExact = (n: number): boolean => n % 2 === 0

function sendWrite(
  client: GatewayClient,
  base: string,
  runId: string,
  seq: number,
  vectorOf: (seq: number) => readonly number[],
  signal: AbortSignal,
): Promise<HttpReply | Silence> {
  const { type, key } = planOf(seq)
  const id = idOf(runId, key)
  const within = `deadline_ms=${WRITE_WITHIN_MS}`
  if (type === 'delete') return client.ask('DELETE', `${base}/vectors/${id}?${within}`, undefined, signal)
  const vector = { values: vectorOf(seq), metadata: { seq } }
  if (type === 'update') return client.ask('PUT', `${base}/vectors/${id}?${within}`, vector, signal)
  return client.ask('POST', `${base}/vectors?${within}`, { id, ...vector }, signal)
}

/** Whoever goes with others has a time of its own. */
function orTimeout(reply: Promise<HttpReply | Silence>, signal: AbortSignal): Promise<HttpReply | Silence> {
  const timeout = { type: 'silent', code: CODES.timeout, message: 'no answer in time', wasSent: true } as const
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(timeout), { once: true })
    reply.then(resolve)
  })
}

/** A delete of what is not there has done what it was to do. */
function writtenRow({ status, body }: HttpReply): Row | null {
  const { code } = (body as { readonly error?: { readonly code?: string } } | null)?.error ?? {}
  if (status < 300) return {}
  return status === 404 && (code === 'not_found' || code === 'missing') ? { isMissing: true } : null
}

function foundRow({ status, body }: HttpReply, waitedMs: number | null): Row | null {
  return status === 200 ? { ...(body as Row), waitedMs } : null
}

function onWrite(
  { seq, outcome, sentMs, answeredMs, row }: OperationRecord,
  book: AcknowledgedBook,
  vanished: Set<number>,
): void {
  const { type, key } = planOf(seq)
  if (type === 'delete' && row?.isMissing === true && sentMs !== null && book.isAcknowledgedBefore(key, sentMs))
    vanished.add(key)
  // What was never sent was never done.
  book.end(seq, outcome === 'dropped' ? 'failed' : outcome, answeredMs)
}

function onSearch(
  { seq: n, outcome, sentMs, answeredMs, row }: OperationRecord,
  asked: readonly number[],
  book: AcknowledgedBook,
  searches: SearchBook,
): void {
  if (outcome !== 'ok' || row === null || sentMs === null) return
  const { matches, partial, stale, waitedMs } = row as unknown as SearchBody
  const seen = {
    n,
    asked,
    sentMs,
    answeredMs,
    isExact: isExact(n),
    isMarked: partial || stale,
    waitedMs,
    matches: matches.map(({ metadata }) => metadata.seq),
  }
  searches.add(seen, book.judge(seen))
}

interface SearchBody {
  readonly matches: readonly { readonly metadata: { readonly seq: number } }[]
  readonly partial: boolean
  readonly stale: boolean
  readonly waitedMs: number | null
}

function clientsFor(runId: string, { clients, clock }: Reach): OwnClients {
  const { gateways } = clientsOf(clients)
  let turn = 0
  let isMade = false
  const next = () => gateways[turn++ % gateways.length] as (typeof gateways)[number]
  return {
    async open(_route, signal) {
      const gateway = next()
      const opened = await openClient(gateway, clock, signal)
      if (!opened.ok || isMade) return opened
      isMade = await makeNamespaces(runId, gateways, clock, signal)
      if (isMade) return opened
      opened.session.close()
      return { ok: false, code: 'NO_NAMESPACE', message: 'its namespace could not be made' }
    },
    async probe(kind, n, signal) {
      const client = createClient(gateways[n % gateways.length] as (typeof gateways)[number], clock)
      const path = `/namespaces/${PROBES}/vectors/p${Math.floor(n / gateways.length) % PROBED}`
      const { outcome, code } = await perform(
        clock,
        () => client.ask(kind === 'write' ? 'PUT' : 'GET', path, kind === 'write' ? PROBE : undefined, signal),
        // A vector that was not written yet is an answer, too.
        (reply) => (reply.status < 300 || (kind === 'read' && reply.status === 404) ? {} : null),
      )
      client.close()
      return { outcome, code, server: client.server }
    },
    probeEveryMs: PROBE_EVERY_MS,
    ...(gateways.length > 1 && { shares: gateways.map(({ name }) => name) }),
  }
}

const PROBE = { values: [1, 1], metadata: {} }

/** On every gateway: not all of them share their map. */
async function makeNamespaces(
  runId: string,
  gateways: ReturnType<typeof clientsOf>['gateways'],
  clock: Reach['clock'],
  signal: AbortSignal,
): Promise<boolean> {
  const all = await Promise.all(
    gateways.map(async (gateway) => {
      const client = createClient(gateway, clock)
      const body = { dimension: DIMENSION, metric: 'euclidean' }
      const made = await client.ask('PUT', `/namespaces/${namespaceOf(runId)}`, body, signal)
      client.close()
      return made.type === 'answered' && (made.status === 201 || made.status === 409)
    }),
  )
  return all.some(Boolean)
}

/** What the answers had shown when the audit began. */
export class MarkedSearches {
  constructor(
    readonly searches: ReturnType<SearchBook['counts']>,
    readonly vanished: ReadonlySet<number>,
  ) {}

  /** Nothing is said of the searches before the writes are known. */
  judge(): null {
    return null
  }
}
