import type { GatewayClient, HttpReply } from './http-client.ts'

/**
 * How long each gateway was kept waiting for a processor while something was asked of it: from its last answer to
 * anything before, so that what passed before it even read the request is in it.
 */
export class GatewayWaits {
  readonly #lastMs = new Map<string, number>()

  begin({ server }: Pick<GatewayClient, 'server'>) {
    const before = this.#lastMs.get(server)
    return {
      /** Null where nobody says. */
      answer: ({ waitedMs }: Pick<HttpReply, 'waitedMs'>): number | null => {
        if (waitedMs === null) return null
        this.#lastMs.set(server, waitedMs)
        // A gateway that was started again counts from zero.
        return before === undefined || before > waitedMs ? null : waitedMs - before
      },
    }
  }
}
