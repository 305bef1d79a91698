import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import { createHeap } from './heap.ts'

/**
 * The ledger as the history of a Jepsen set workload, one operation a line, ordered by time (nanoseconds):
 * `{:type :invoke, :f :add, :value 7, :process 0, :time 1000000, :index 0}`, and `:ok`, `:fail` or `:info` when it
 * ended. With `present`, a read of that set stands at the end.
 *
 * A process does one operation at a time, and after an `:info` it never comes back (jepsen.history, knossos.history).
 * Where times are equal, invocations come first: that claims less order than there may have been, never more. A write
 * that was never sent was never invoked, and is left out; one without an answer is invoked and stays open.
 *
 * Held in memory is only what was under way at once: a write is sent no sooner than it is due, and writes are due in
 * the order of their numbers.
 */
export function* ednHistory(ledger: Ledger, present?: Iterable<number>): Generator<string> {
  const waiting = createHeap<EdnStep>(isBefore)
  const writer = createHistoryWriter()
  let nowNs = 0
  for (const entry of ledger.entries()) {
    const dueNs = Math.max(toNsOrNull(entry.dueMs) ?? nowNs, nowNs)
    for (let next = waiting.peek(); next !== undefined && next.atNs < dueNs; next = waiting.peek()) {
      yield addTo(writer, waiting.pop() as EdnStep)
    }
    nowNs = dueNs
    for (const step of stepsOf(entry, nowNs)) waiting.push(step)
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    nowNs = Math.max(nowNs, next.atNs)
    yield addTo(writer, next)
  }
  if (present !== undefined) yield* writer.read(nowNs + 1, present)
}

function addTo(writer: ReturnType<typeof createHistoryWriter>, step: EdnStep): string {
  return writer.add(step, ':add', String(step.seq))
}

type Type = 'invoke' | 'ok' | 'fail' | 'info'

/** An operation begins or ends. */
export interface EdnStep {
  /** Its number, which no other operation has. */
  readonly seq: number
  readonly type: Type
  readonly atNs: number
}

/** What a write puts into the history. */
function stepsOf({ seq, dueMs, sentMs, answeredMs, outcome }: LedgerEntry, notBeforeNs: number): EdnStep[] {
  if (outcome === 'dropped') return []
  const invokedNs = Math.max(toNsOrNull(sentMs ?? dueMs) ?? notBeforeNs, notBeforeNs)
  const invoke: EdnStep = { seq, type: 'invoke', atNs: invokedNs }
  if (answeredMs === null) return [invoke]
  return [invoke, { seq, type: TYPES[outcome], atNs: Math.max(toNs(answeredMs), invokedNs) }]
}

const TYPES = { ok: 'ok', unguarded: 'ok', failed: 'fail', unknown: 'info' } as const

/** The ledger's times are tenths of a millisecond, which this keeps exactly. */
export function toNs(ms: number): number {
  return Math.round(ms * 10) * 100_000
}

function toNsOrNull(ms: number | null): number | null {
  return ms === null ? null : toNs(ms)
}

export function isBefore(a: EdnStep, b: EdnStep): boolean {
  if (a.atNs !== b.atNs) return a.atNs < b.atNs
  if ((a.type === 'invoke') !== (b.type === 'invoke')) return a.type === 'invoke'
  return a.seq < b.seq
}

/** Gives each operation a process that is free, and counts the lines. */
export function createHistoryWriter() {
  const processOf = new Map<number, number>()
  const free: number[] = []
  let processes = 0
  let index = 0
  const end = (process: number, atNs: number) => `, :process ${process}, :time ${atNs}, :index ${index++}}\n`
  return {
    add({ seq, type, atNs }: EdnStep, f: string, value: string): string {
      if (type === 'invoke') processOf.set(seq, free.pop() ?? processes++)
      const process = processOf.get(seq) as number
      if (type !== 'invoke') processOf.delete(seq)
      if (type === 'ok' || type === 'fail') free.push(process)
      return `{:type :${type}, :f ${f}, :value ${value}${end(process, atNs)}`
    },
    /** By a process that has done nothing else. */
    *read(atNs: number, values: Iterable<number>): Generator<string> {
      const process = processes++
      yield `{:type :invoke, :f :read, :value nil${end(process, atNs)}`
      yield '{:type :ok, :f :read, :value #{'
      let separator = ''
      for (const value of values) {
        yield `${separator}${value}`
        separator = ' '
      }
      yield `}${end(process, atNs + 1)}`
    },
  }
}
