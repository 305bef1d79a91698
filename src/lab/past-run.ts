import path from 'node:path'
import { LEDGER_FILE, readLedger } from '../audit/ledger-file.ts'
import { createProbeBook, type ProbeBook } from '../audit/probe-book.ts'
import type { Clock } from '../log/clock.ts'
import { RecordingError } from '../log/recording.ts'
import type { RunStarted } from '../model/events.ts'
import { runIdOf, type State } from '../model/state.ts'
import { readRun } from '../systems/read-run.ts'
import { initialState, reduce } from '../systems/state.ts'
import { DEFAULT_WORKLOAD } from '../workloads/workloads.ts'
import type { SiteSubject } from './final-audit.ts'
import { folderOf, siteFolder } from './run-folder.ts'

/** A system of a recorded run; its name is null in a lab of one. */
export interface RecordedSystem {
  readonly name: string | null
  /** Where its ledger and its history are. */
  readonly folder: string
  /** The type of the workload that it began with. */
  readonly workload: string
}

/** The systems of a recorded run, as its first event tells. */
export function systemsOf(run: string, started?: RunStarted): readonly RecordedSystem[] {
  const { lab, workload = DEFAULT_WORKLOAD, workloads = {} } = started ?? {}
  if (lab?.instances === undefined) return [{ name: null, folder: folderOf(run, null), workload }]
  return Object.keys(lab.instances).map((name) => {
    return { name, folder: folderOf(run, name), workload: workloads[name] ?? DEFAULT_WORKLOAD }
  })
}

/** What a run has left of one of its systems, whole or not. */
export interface PastSystem extends RecordedSystem {
  readonly runId: string
  readonly ledger: Awaited<ReturnType<typeof readLedger>>['ledger']
  readonly isLedgerComplete: boolean
  readonly probes: ProbeBook
  /** The clients that ran at sites. */
  readonly sites: readonly SiteSubject[]
  /** As of the last event that was recorded. */
  readonly state: State
}

/**
 * Reads the events and the ledgers of a run up to where they were cut or damaged: of every system that was written to.
 * @throws when the folder holds no run, a ledger cannot be read, or there is none
 */
export async function readPastRun(run: string, eventsFile: string): Promise<readonly PastSystem[]> {
  const { state, started, books, clients } = await readEvents(eventsFile)
  const found: PastSystem[] = []
  let missing: unknown = null
  for (const system of systemsOf(run, started)) {
    try {
      const own = system.name === null ? state : (state.instances[system.name] ?? initialState)
      const { ledger, runId, isComplete } = await readOwnLedger(system.folder, runIdOf(own))
      const probes = books.get(system.name) ?? createProbeBook()
      const sites = await readSites(system, clients)
      found.push({ ...system, runId: runId ?? '', ledger, isLedgerComplete: isComplete, probes, sites, state: own })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      missing = error
    }
  }
  if (found.length === 0) throw missing
  return found
}

/** @throws where it is another run's: what is lost of that says nothing of this one */
async function readOwnLedger(folder: string, runId: string | null): ReturnType<typeof readLedger> {
  const read = await readLedger(folder)
  if (runId !== null && read.runId !== null && read.runId !== runId)
    throw new Error(`${path.join(folder, LEDGER_FILE)} is the ledger of another run`)
  return read
}

/** Clients at a site, as the events tell of them. */
interface Clients {
  readonly system: string | null
  readonly from: string
  readonly runId: string
  readonly probes: ProbeBook
}

async function readSites({ name, folder }: RecordedSystem, clients: readonly Clients[]): Promise<SiteSubject[]> {
  const own = clients.filter(({ system }) => system === name)
  return Promise.all(
    own.map(async ({ from, runId, probes }) => {
      const { ledger, isComplete } = await readOwnLedger(siteFolder(folder, from), runId)
      return { from, runId, probes, ledger, isLedgerComplete: isComplete }
    }),
  )
}

async function readEvents(file: string) {
  let state = initialState
  let started: RunStarted | undefined
  const books = new Map<string | null, ProbeBook>()
  const clients: Clients[] = []
  try {
    for await (const event of readRun(file)) {
      state = reduce(state, event)
      if (event.type === 'run.started') started = event
      const system = event.instance ?? null
      const book = books.get(system) ?? createProbeBook()
      books.set(system, book)
      book.take(event)
      if (event.type === 'site.began') clients.push({ ...event, system, probes: createProbeBook() })
      if (event.type === 'site.probe')
        clients.find(({ from, system: of }) => from === event.from && of === system)?.probes.note(event)
    }
  } catch (error) {
    // Whatever came before the damage is told all the same.
    if (!(error instanceof RecordingError)) throw error
  }
  return { state, started, books, clients }
}

/**
 * A server that is of another database cluster than the run knew by its name, as it was made anew since: what is not in
 * it is no loss of that run. Null where there is none.
 */
export function replacedSince(run: Pick<State, 'nodes'>, now: Pick<State, 'nodes'>): string | null {
  const idOf = ({ nodes }: Pick<State, 'nodes'>, name: string) => nodes[name]?.postgres.value?.systemId ?? ''
  const isOther = (name: string) =>
    idOf(run, name) !== '' && idOf(now, name) !== '' && idOf(run, name) !== idOf(now, name)
  return Object.keys(run.nodes).find(isOther) ?? null
}

/** A clock that stands at the time since that run began, by the machine's own date. */
export function clockSince(startedAt: string | null, clock: Clock, nowUnixMs: number): Clock {
  const sinceMs = startedAt === null ? Number.NaN : nowUnixMs - Date.parse(startedAt)
  const aheadMs = (Number.isNaN(sinceMs) ? 0 : Math.max(sinceMs, 0)) - clock.nowMs()
  return { nowMs: () => clock.nowMs() + aheadMs, sleep: (ms, signal) => clock.sleep(ms, signal) }
}
