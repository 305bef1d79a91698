import type { LabShape } from '../../model/events.ts'
import { neverSeen, type Seen } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { type Convergence, unseen } from './convergence.ts'
import type { AppReading, MasterReading, RegistrationsShape, ShardReading } from './events.ts'

/** What is known of the registrations, beside what is known of any system. */
export interface RegistrationsState {
  readonly shards: Readonly<Record<string, ShardSeen>>
  readonly master: Seen<MasterReading>
  readonly apps: Readonly<Record<string, Seen<AppReading>>>
  /** How late the master was, in order of time; the latest few hundred of each shard. */
  readonly lag: readonly LagPoint[]
  readonly convergence: Convergence
}

export interface ShardSeen {
  readonly seen: Seen<ShardReading>
  /** How many it had marked when the master was last asked. */
  readonly markedBefore: number | null
  /** How many of those the master had not, when it was asked after that: marked, and not there. */
  readonly absent: number
}

/** Null: nobody could say. */
export interface LagPoint {
  readonly atMs: number
  readonly shard: string
  readonly ms: number | null
}

export const noShard: ShardSeen = { seen: neverSeen, markedBefore: null, absent: 0 }

const noRegistrations: RegistrationsState = {
  shards: {},
  master: neverSeen,
  apps: {},
  lag: [],
  convergence: unseen,
}

export function registrationsOf(state: Pick<State, 'system'>): RegistrationsState {
  return (state.system as RegistrationsState | null) ?? noRegistrations
}

export function shapeOf(lab: LabShape | null): Pick<RegistrationsShape, 'master' | 'shards' | 'apps'> {
  return (lab as RegistrationsShape | null) ?? { master: '', shards: [], apps: [] }
}
