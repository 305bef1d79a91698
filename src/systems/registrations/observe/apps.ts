import { z } from 'zod'
import type { Clock } from '../../../log/clock.ts'
import type { EventLog } from '../../../log/event-log.ts'
import { httpSource } from '../../../observe/http-source.ts'
import { poll, SourceError } from '../../../observe/poll.ts'
import type { AppRead, AppReading } from '../events.ts'

const EVERY_MS = 1_000

export interface AppSources {
  readonly log: Pick<EventLog, 'append'>
  readonly clock: Clock
  readonly apps: readonly { readonly name: string; readonly url: string }[]
}

/** Asks every application once a second what it can do with the servers, and what came of its latest sync. Never rejects. */
export async function observeApps({ log, clock, apps }: AppSources, signal: AbortSignal): Promise<void> {
  await Promise.all(
    apps.map(async ({ name, url }) => {
      const http = httpSource(url)
      const ask = async (call: AbortSignal) => {
        const { status, body } = await http.get(call, 'api/sync')
        if (status !== 200) throw new SourceError(`HTTP ${status}`)
        return parseState(body)
      }
      const report = (reading: AppRead['reading']) => log.append({ type: 'registrations.app', app: name, reading })
      await poll(signal, { clock, everyMs: EVERY_MS, deadlineMs: DEADLINE_MS, ask, report })
      http.close()
    }),
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
  const parsed = answer.safeParse(readJson(body))
  if (!parsed.success) throw new SourceError('unexpected answer')
  const { way, master, shards, events } = parsed.data
  const all = [['master', master.trouble] as const, ...shards.map((each) => [each.shard, each.trouble] as const)]
  const syncs = events.flatMap((event) => sync.safeParse(event).data ?? [])
  const latest = syncs.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1)
  return {
    way,
    troubles: Object.fromEntries(all.filter((each): each is [string, string] => each[1] !== null)),
    sync: latest === undefined ? null : { at: latest.at, result: latest.result, tookMs: latest.tookMs },
  }
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new SourceError('not JSON')
  }
}
