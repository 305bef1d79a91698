import { createReadStream } from 'node:fs'
import type { LabEvent } from '../model/events.ts'
import { lineCutter } from '../model/line-cutter.ts'
import type { Sink } from './event-log.ts'
import { createLineFile } from './line-file.ts'
import { createOlderEvents } from './older-events.ts'

/** Writes every event to a new file, one JSON object a line (NDJSON), as {@link createLineFile} does. */
export function createRecording(file: string, onFailure: (error: Error) => void): Required<Sink> {
  const lines = createLineFile(file, onFailure)
  return {
    onEvent: (event) => lines.append(JSON.stringify(event)),
    close: () => lines.close(),
  }
}

/** The events of a recorded run, in order. `ending()` tells how the recording ended, once all has been read. */
export interface Recording extends AsyncIterable<LabEvent> {
  /** Null before the end was reached. */
  ending(): RecordingEnding | null
}

export type RecordingEnding =
  | { readonly isComplete: true }
  /** `why` is for people: the recorder was killed, a line is cut, events are missing. */
  | { readonly isComplete: false; readonly why: string }

/** A recording that is no recording, or is damaged before its end. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
  constructor(
    readonly file: string,
    readonly line: number,
    what: string,
  ) {
    super(`${file}:${line}: ${what}`)
  }
}

/**
 * Reads a recording line by line. A last line that is cut (the recorder was killed) is left out and makes the
 * recording incomplete; so does a run without its end, or a gap in the sequence.
 * @param startReading what the system of the run knows of its own older events
 * @throws {RecordingError} while iterating, on any other line that is no event; the file's own error when it cannot be
 * read (ENOENT, EACCES, …).
 */
export function readRecording(file: string, startReading: () => AsToday = () => (event) => event): Recording {
  let ending: RecordingEnding | null = null
  return {
    ending: () => ending,
    async *[Symbol.asyncIterator]() {
      ending = null
      const reader = createReader()
      const [asToday, ofSystem] = [createOlderEvents(), startReading()]
      for await (const { line, number, isLast } of numberedLines(file)) {
        const event = parseEvent(line)
        if (event !== null) {
          reader.take(event)
          yield* asToday(event).map(ofSystem)
        } else if (isLast) reader.cut(number)
        else throw new RecordingError(file, number, 'not an event')
      }
      ending = reader.ending()
    },
  }
}

/** Turns what an earlier version wrote into what this one does; one is made for each reading. */
type AsToday = (event: LabEvent) => LabEvent

/** Follows the sequence, to tell at the end what is missing. */
function createReader() {
  let lastSeq = 0
  let hasEnded = false
  let trouble: string | null = null
  return {
    take(event: LabEvent) {
      if (event.seq !== lastSeq + 1) trouble ??= `events are missing between ${lastSeq} and ${event.seq}`
      lastSeq = event.seq
      hasEnded = event.type === 'run.ended'
    },
    cut(line: number) {
      trouble ??= `line ${line}, the last one, is cut`
    },
    ending(): RecordingEnding {
      if (trouble !== null) return { isComplete: false, why: trouble }
      return hasEnded ? { isComplete: true } : { isComplete: false, why: 'the run was recorded without its end' }
    },
  }
}

async function* numberedLines(file: string): AsyncGenerator<{ line: string; number: number; isLast: boolean }> {
  const cut = lineCutter()
  let number = 0
  for await (const chunk of createReadStream(file, 'utf8')) {
    for (const line of cut(chunk)) yield { line, number: ++number, isLast: false }
  }
  const rest = cut('\n')[0] ?? ''
  if (rest !== '') yield { line: rest, number: ++number, isLast: true }
}

/** Null when the text is no event at all; what its body holds is trusted, as the lab itself wrote it. */
function parseEvent(line: string): LabEvent | null {
  try {
    const value: unknown = JSON.parse(line)
    const { seq, atMs, type } = (value ?? {}) as Record<string, unknown>
    return typeof seq === 'number' && typeof atMs === 'number' && typeof type === 'string' ? (value as LabEvent) : null
  } catch {
    return null
  }
}
