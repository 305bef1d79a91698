import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { createLedgerFile, readLedger } from '../dist/audit/ledger-file.js'
import { readRecording } from '../dist/log/recording.js'
import type { LabEvent } from '../dist/model/events.js'

const EVENTS = 'events.ndjson'

/**
 * Makes the folder of a long run out of that of a short one: what happened between its first and its last second is
 * told again and again, and its writes likewise, until the hour is full.
 */
export async function repeatRun(
  from: string,
  to: string,
  untilMs: number,
): Promise<{ readonly events: number; readonly writes: number }> {
  const events: LabEvent[] = []
  for await (const event of readRecording(path.join(from, EVENTS))) events.push(event)
  await mkdir(to)
  const lastMs = events.at(-1)?.atMs ?? 0
  const lastTrafficMs = events.findLast((event) => event.type === 'traffic.tick')?.atMs ?? lastMs
  // Whatever opens and closes a run stays what it is; the middle is what repeats.
  const fromMs = 3_000
  const middle = events.filter(({ atMs }) => atMs >= fromMs && atMs < lastTrafficMs - 1_000)
  const periodMs = lastTrafficMs - 1_000 - fromMs
  if (middle.length === 0 || periodMs <= 0) throw new Error('the recorded run is too short to be repeated')
  const times = Math.ceil(untilMs / periodMs)
  const out = createWriteStream(path.join(to, EVENTS))
  let seq = 0
  const tell = async (event: LabEvent, shiftMs: number) => {
    const line = JSON.stringify({ ...event, seq: ++seq, atMs: event.atMs + shiftMs })
    if (!out.write(`${line}\n`)) await new Promise((resolve) => out.once('drain', () => resolve(null)))
  }
  for (const event of events.filter(({ atMs }) => atMs < fromMs)) await tell(event, 0)
  for (let n = 0; n < times; n++) for (const event of middle) await tell(event, n * periodMs)
  const tail = events.filter(({ atMs }) => atMs >= lastTrafficMs - 1_000)
  for (const event of tail) await tell(event, (times - 1) * periodMs)
  out.end()
  await finished(out)
  return { events: seq, writes: await repeatWrites(from, to, { fromMs, periodMs, times }) }
}

interface Repetition {
  readonly fromMs: number
  readonly periodMs: number
  readonly times: number
}

async function repeatWrites(from: string, to: string, { fromMs, periodMs, times }: Repetition): Promise<number> {
  const { ledger, runId } = await readLedger(from)
  const file = createLedgerFile(to, { runId: runId ?? 'bench' }, (error) => {
    throw error
  })
  const writes = [...ledger.entries()].filter(
    ({ dueMs }) => dueMs !== null && dueMs >= fromMs && dueMs < fromMs + periodMs,
  )
  let seq = 0
  for (let n = 0; n < times; n++) {
    const shift = (ms: number | null) => (ms === null ? null : ms + n * periodMs)
    for (const { dueMs, sentMs, answeredMs, ...others } of writes) {
      file.append({
        ...others,
        seq: ++seq,
        dueMs: shift(dueMs),
        sentMs: shift(sentMs),
        answeredMs: shift(answeredMs),
      })
    }
  }
  await file.close()
  return seq
}
