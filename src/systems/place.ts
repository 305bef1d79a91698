import type { HistoryRow } from '../audit/tenures.ts'
import type { ScopedContainers } from '../docker/lab-containers.ts'
import type { MissingPart } from '../faults/part.ts'
import type { LogAndClock } from '../log/event-log.ts'
import type { LiveState } from '../log/live-state.ts'
import type { Address, Credentials } from '../model/address.ts'
import type { LabShape } from '../model/events.ts'

/** A system under test where a lab definition says that it is. */
export interface Place {
  /** Its PostgreSQL servers, past every proxy. */
  readonly servers: readonly Server[]
  /** What accepts connections while it is up. */
  readonly doors: readonly Door[]
  /** The names that it is about, by the definition alone: what is optional is left out. */
  readonly shape: LabShape
  /** The same with what the engine tells beyond the definition; null: nobody to ask. Never rejects. */
  look(containers: Pick<ScopedContainers, 'states' | 'variables'> | null): Promise<LabShape>
  /** What the definition names and this shape has not. */
  missing(shape: LabShape): readonly MissingPart[]
  /** Where clients connect to; null where the definition does not say. */
  routes(shape: LabShape, which: KnownEndpoints): Routes | null
  /** How clients and people reach it, a line an entrance. */
  entrances(shape: LabShape): readonly string[]
  /** Appends what the system says of itself until the signal aborts, a promise a source. */
  observe(to: Observing, signal: AbortSignal): readonly Promise<void>[]
  /** How often the rows of its servers are counted; left out: once a second. */
  readonly rowsEveryMs?: number
  /** What its own faults act with, besides containers. */
  readonly control: unknown
  /** What a workload of this system's own connects with; left out: there is none. */
  readonly clients?: unknown
  /** Sets what governs how long a change of leader takes; left out by a system that has no presets. */
  setTiming?(timing: object, signal: AbortSignal): Promise<void>
  /** Who led from where on, by the system's own account; left out by one that keeps none. Rejects when nobody answers. */
  history?(signal: AbortSignal): Promise<readonly HistoryRow[]>
}

interface Server {
  readonly name: string
  readonly address: Address
}

interface Door {
  readonly part: string
  readonly url: string
}

/** Which of the proxies the clients know. */
export type KnownEndpoints = 'first' | 'all'

export interface Routes {
  /** To whoever takes writes. */
  readonly write: Addresses
  readonly read: Addresses
}

/** In the order in which clients try them. */
type Addresses = readonly [Address, ...Address[]]

export interface Observing extends LogAndClock {
  readonly shape: LabShape
  readonly live: Pick<LiveState, 'current'>
  readonly credentials: Credentials
}

/** What a system makes its place from. */
export interface Sections<T> {
  /** The lab's name. */
  readonly name: string
  readonly sections: T
  /** Adds to the mistakes of the file; paths begin at the sections. */
  wrong(path: readonly PropertyKey[], message: string): void
  /** The secret that a section names; wrong when it is not there. */
  secret(path: readonly PropertyKey[], from: SecretSource): string
}

/** The container of each part that has one. */
export function containersOf(
  parts: readonly { readonly name: string; readonly container?: string | undefined }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parts.flatMap(({ name, container }) => (container === undefined ? [] : [[name, container]])),
  )
}

/** An environment variable, a file, or both: the variable wins. */
export interface SecretSource {
  readonly env?: string | undefined
  readonly file?: string | undefined
}
