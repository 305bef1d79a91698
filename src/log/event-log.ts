import type { EventBody, LabEvent } from '../model/events.ts'
import type { Clock } from './clock.ts'

/** Something that reads the log: the view store, the recorder, the metrics. Never blocks, never throws. */
export interface Sink {
  onEvent(event: LabEvent): void
  /** Left out: there is nothing to be brought to an end. */
  close?(): Promise<void>
}

/** The one place that every source writes to and everything else reads from. Append-only; keeps no events itself. */
export interface EventLog {
  /** Stamps the event with its sequence number and time, hands it to every sink, and returns it. */
  append(body: EventBody & { readonly instance?: string }): LabEvent
  /** Adds a sink; the returned function takes it off again. */
  attach(sink: Sink): () => void
  /** Closes every sink, in the order they were attached. */
  close(): Promise<void>
}

/** What whoever tells of something needs: the log, and the run's clock. */
export interface LogAndClock {
  readonly log: Pick<EventLog, 'append'>
  readonly clock: Clock
}

/**
 * A sink that throws all the same is told of once, as a note, and goes on being fed: a flaw in one reader must neither
 * reach the source that wrote nor silence the other readers. What a sink appends while it is being fed comes after.
 */
export function createEventLog(clock: Clock): EventLog {
  const sinks = new Set<Sink>()
  const faulty = new WeakSet<Sink>()
  const waiting: LabEvent[] = []
  let isFeeding = false
  let seq = 0

  const append = (body: EventBody & { readonly instance?: string }): LabEvent => {
    const event: LabEvent = { seq: ++seq, atMs: clock.nowMs(), ...body }
    waiting.push(event)
    if (!isFeeding) feedAll()
    return event
  }
  const feedAll = () => {
    isFeeding = true
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      for (const sink of sinks) feed(sink, event)
    }
    isFeeding = false
  }
  const feed = (sink: Sink, event: LabEvent) => {
    try {
      sink.onEvent(event)
    } catch (error) {
      noteFault(sink, error)
    }
  }
  const noteFault = (sink: Sink, error: unknown) => {
    if (faulty.has(sink)) return
    faulty.add(sink)
    append({ type: 'note', level: 'error', source: 'lab', text: `a reader of the event log failed: ${String(error)}` })
  }

  return {
    append,
    attach(sink) {
      sinks.add(sink)
      return () => sinks.delete(sink)
    },
    async close() {
      for (const sink of sinks) {
        try {
          await sink.close?.()
        } catch (error) {
          noteFault(sink, error)
        }
      }
      sinks.clear()
    },
  }
}

/** The same log for the events of one system of a lab that has several. */
export function stamped(log: Pick<EventLog, 'append'>, instance: string): Pick<EventLog, 'append'> {
  return { append: (body) => log.append({ ...body, instance }) }
}
