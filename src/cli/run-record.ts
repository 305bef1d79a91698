import type { Lab } from '../lab/lab.ts'
import type { Sink } from '../log/event-log.ts'
import type { LiveState } from '../log/live-state.ts'
import { createFacts } from '../report/facts.ts'
import { ledgerFacts } from '../report/ledger-facts.ts'
import { concludeReport } from '../report/summarise.ts'
import type { Summary } from '../report/summary-schema.ts'
import { newRunFolder, type RecordOptions } from './attach.ts'

/** What is kept of a run: its folder, or, where nothing is to be kept, what has followed it from its first event. */
export type RunRecord =
  | { readonly folder: string; readonly memory: null }
  | { readonly folder: null; readonly memory: Memory }

/** Follows a run, to judge it as any other. */
interface Memory {
  /** From its first event on. */
  follow(live: Pick<LiveState, 'current'>): Sink
  /** What it came to, once the lab is closed. */
  summary(lab: Pick<Lab, 'instances'>): Summary
}

/** Makes the folder of a run, or its memory with --no-record. */
export async function newRunRecord(options: RecordOptions, name: string): Promise<RunRecord> {
  const folder = await newRunFolder(options, name)
  return folder === null ? unkept(name) : { folder, memory: null }
}

/** Of a run that no folder is made for. */
export function unkept(name: string): RunRecord {
  return { folder: null, memory: createMemory(name) }
}

/** The sinks that a lab needs from its first event on. */
export function sinksOf({ memory }: RunRecord): (live: Pick<LiveState, 'current'>) => readonly Sink[] {
  return (live) => (memory === null ? [] : [memory.follow(live)])
}

function createMemory(name: string): Memory {
  let facts = createFacts()
  return {
    follow(live) {
      facts = createFacts(live.current)
      return { onEvent: facts.add }
    },
    summary({ instances }) {
      const counted = instances.map(({ definition, ledger, runId }) => {
        return [definition.name ?? '', { ledger: ledger.size === 0 ? null : ledgerFacts(ledger, { runId }) }] as const
      })
      const of = Object.fromEntries(counted)
      return concludeReport({ name, ledger: null, ...of[''], of }, facts.facts()).summary
    },
  }
}
