import type { Clock } from '../../log/clock.ts'
import type { HttpReply, Silence } from './http-client.ts'

/** So long the first of a batch waits for the others: writes are due one after the other. */
const GATHERS_MS = 200

interface Gathering {
  readonly vectors: object[]
  readonly full: AbortController
  readonly sent: Promise<SentBatch>
}

/** One request for all who joined. */
export interface SentBatch {
  readonly reply: Promise<HttpReply | Silence>
}

/** Writes that each stand for themselves in the ledger, and go to the gateway in one request. */
export class Batches {
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #gathering = new Map<string, Gathering>()

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock
  }

  /** Resolves as the batch is sent, by who joined first: with its last vector, or when waiting for that was over. */
  join(
    batch: string,
    size: number,
    vector: object,
    send: (vectors: readonly object[]) => Promise<HttpReply | Silence>,
  ): Promise<SentBatch> {
    const known = this.#gathering.get(batch)
    if (known) {
      known.vectors.push(vector)
      if (known.vectors.length === size) known.full.abort()
      return known.sent
    }
    const [vectors, full] = [[vector], new AbortController()]
    const sent = this.#clock
      .sleep(GATHERS_MS, full.signal)
      .catch(() => {})
      .then(() => {
        this.#gathering.delete(batch)
        return { reply: send(vectors) }
      })
    this.#gathering.set(batch, { vectors, full, sent })
    return sent
  }
}

interface Part {
  readonly ids: readonly string[]
  readonly outcome: string
}

/** What the answer to a batch says of one of its vectors: of a batch that is partly done each shard's part has an outcome. */
export function replyFor(id: string, reply: HttpReply | Silence): HttpReply | Silence {
  if (reply.type === 'silent') return reply
  const { error } = (reply.body ?? {}) as { readonly error?: { readonly parts?: readonly Part[] } }
  if (!error?.parts) return reply
  const outcome = error.parts.find(({ ids }) => ids.includes(id))?.outcome ?? 'unknown'
  return outcome === 'done'
    ? { ...reply, status: 200, body: null }
    : { ...reply, body: { error: { ...error, outcome } } }
}
