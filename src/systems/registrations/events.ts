import type { LabShape, Percentiles, Reading } from '../../model/events.ts'

declare module '../../model/events.ts' {
  interface SystemEvents {
    registrations: RegistrationsEvent
  }
}

/** What the sources append: each shard, the master, and each application by its own word. */
type RegistrationsEvent = ShardRead | MasterRead | AppRead

interface ShardRead {
  readonly type: 'registrations.shard'
  readonly shard: string
  readonly reading: Reading<ShardReading>
}

export interface ShardReading {
  readonly total: number
  /** What is not marked as being at the master, … */
  readonly unsynced: number
  /** … and how long the oldest of it has been registered; null when there is none. */
  readonly oldestMs: number | null
  /**
   * From registration to mark, by the shard's clock, of what was registered since the lab looks on; what is not marked
   * counts with its age. Null when there is none.
   */
  readonly lagMs: Percentiles | null
  /** Of the slot by which the master listens; null by a way that has none. */
  readonly slot: { readonly isActive: boolean; readonly lagBytes: number } | null
}

interface MasterRead {
  readonly type: 'registrations.master'
  readonly reading: Reading<MasterReading>
}

export interface MasterReading {
  /** Registrations by the shard that they came from. */
  readonly rows: Readonly<Record<string, number>>
  /** What the subscriptions could not apply and tried again; null by a way that has none. */
  readonly applyErrors: number | null
}

interface AppRead {
  readonly type: 'registrations.app'
  readonly app: string
  readonly reading: Reading<AppReading>
}

/** `GET /api/sync`, without what nobody asks for. */
export interface AppReading {
  readonly way: 'fdw' | 'outbox'
  /** By server, what the application cannot do with it; empty while all is well. */
  readonly troubles: Readonly<Record<string, string>>
  /** The latest sync that it asked for; null when it asked for none. */
  readonly sync: { readonly at: string; readonly result: string; readonly tookMs: number } | null
}

/** The names that a lab of registrations is about. */
export interface RegistrationsShape extends LabShape {
  readonly master: string
  readonly shards: readonly string[]
  readonly apps: readonly string[]
}
