import type { EventBody, LabEvent } from '../model/events.ts'
import type { Clock } from './clock.ts'

/** Something that reads the log: the view store, the recorder, the metrics. Never blocks, never throws. */
export interface Sink {
  onEvent(event: LabEvent): void
  close(): Promise<void>
}

/** The one place that every source writes to and everything else reads from. Append-only; keeps no events itself. */
export interface EventLog {
  /** Stamps the event with its sequence number and time, hands it to every sink, and returns it. */
  append(body: EventBody): LabEvent
  /** Adds a sink; the returned function takes it off again. */
  attach(sink: Sink): () => void
  /** Closes every sink, in the order they were attached. */
  close(): Promise<void>
}

export function createEventLog(clock: Clock): EventLog {
  const sinks = new Set<Sink>()
  let seq = 0
  return {
    append(body) {
      const event: LabEvent = { seq: ++seq, atMs: clock.nowMs(), ...body }
      for (const sink of sinks) sink.onEvent(event)
      return event
    },
    attach(sink) {
      sinks.add(sink)
      return () => sinks.delete(sink)
    },
    async close() {
      for (const sink of sinks) await sink.close()
      sinks.clear()
    },
  }
}
