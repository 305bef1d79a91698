import { z } from 'zod'
import type { LogAndClock } from '../../../log/event-log.ts'
import { parseAs, pollHttp } from '../../../observe/poll-server.ts'
import type { AppReading } from '../events.ts'

const EVERY_MS = 1_000

interface AppSources extends LogAndClock {
  readonly apps: readonly { readonly name: string; readonly url: string }[]
}

/** Asks every application once a second what it can do with the servers, and what came of its latest sync. Never rejects. */
export async function observeApps({ log, clock, apps }: AppSources, signal: AbortSignal): Promise<void> {
  await Promise.all(
    apps.map(({ name, url }) =>
      pollHttp(signal, {
        clock,
        everyMs: EVERY_MS,
        deadlineMs: DEADLINE_MS,
        url,
        path: 'api/sync',
        parse: parseState,
        report: (reading) => log.append({ type: 'registrations.app', app: name, reading }),
      }),
    ),
  )
}

/** It asks every server itself, and waits for one that is away. */
const DEADLINE_MS = 8_000

const answer = z.object({
  way: z.enum(['fdw', 'outbox']),
  master: z.object({ trouble: z.string().nullable() }),
  shards: z.array(z.object({ shard: z.string(), trouble: z.string().nullable() })),
  events: z.array(z.looseObject({ at: z.string(), type: z.string() })),
})
const sync = z.object({ type: z.literal('sync'), at: z.string(), result: z.string(), tookMs: z.number() })

/** @throws {SourceError} it is no answer of such an application. */
export function parseState(body: string): AppReading {
  const { way, master, shards, events } = parseAs(answer, body)
  const all = [['master', master.trouble] as const, ...shards.map((each) => [each.shard, each.trouble] as const)]
  const syncs = events.flatMap((event) => sync.safeParse(event).data ?? [])
  const latest = syncs.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1)
  return {
    way,
    troubles: Object.fromEntries(all.filter((each): each is [string, string] => each[1] !== null)),
    sync: latest === undefined ? null : { at: latest.at, result: latest.result, tookMs: latest.tookMs },
  }
}
