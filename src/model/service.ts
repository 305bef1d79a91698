import { type Degraded, noDegraded } from './degraded.ts'
import { type Drops, noDrops } from './drops.ts'
import { type ClosedSpan, type Gap, noTotals, type Totals } from './totals.ts'

/** What clients experienced, of the whole run; the totals hold whatever is kept of the single spans. */
export interface Service {
  readonly write: KindService
  readonly read: KindService
}

export interface KindService {
  /** When the probe began, and up to when it reported; null before. */
  readonly sinceMs: number | null
  readonly untilMs: number
  readonly probe: Stream
  readonly workload: WorkloadService
  /** The acknowledgements with every guarantee alone. */
  readonly guaranteed: Guaranteed
  readonly degraded: Degraded
  /** The outages that ended. */
  readonly outages: Totals
  /** Spans of outages, as the probe saw them, in which the workload was acknowledged; the latest hundred. */
  readonly servedMeanwhile: readonly ClosedSpan[]
}

interface Served {
  readonly asked: number
  readonly acknowledged: number
  readonly longest: Gap | null
  readonly drops: Drops
}

/** What was asked one by one, at a steady pace. */
export interface Stream extends Served {
  readonly lastAckMs: number | null
  /** How many windows have an acknowledgement, and the latest of them. */
  readonly windows: number
  readonly lastWindow: number
}

export interface WorkloadService extends Served {
  /** Due while the lab was asleep, and never sent: nobody was asked. */
  readonly asleep: number
  /** The windows of the time in which it ran, and those of them in which operations waited and none was acknowledged. */
  readonly windows: number
  readonly emptyWindows: number
  /** The wait for an acknowledgement that had not ended when the workload last reported. */
  readonly open: OpenWait | null
  /** Where the latest wait of a second or more ended. */
  readonly recoveredAtMs: number
}

export interface OpenWait extends ClosedSpan {
  /** What ended meanwhile without an acknowledgement, by code; `dropped` for what was never sent. */
  readonly errors: Readonly<Record<string, number>>
}

export interface Guaranteed {
  readonly lastAckMs: number | null
  /** The probe's acknowledgements without the guarantee since then. */
  readonly unguarded: number
  readonly longest: Gap | null
  /** Stretches of a second and more with acknowledgements, and none that had the guarantee; the latest thousand. */
  readonly spans: readonly ClosedSpan[]
  readonly totals: Totals
}

const noKindService: KindService = {
  sinceMs: null,
  untilMs: 0,
  probe: { asked: 0, acknowledged: 0, lastAckMs: null, longest: null, windows: 0, lastWindow: -1, drops: noDrops },
  workload: {
    asked: 0,
    acknowledged: 0,
    asleep: 0,
    longest: null,
    windows: 0,
    emptyWindows: 0,
    drops: noDrops,
    open: null,
    recoveredAtMs: Number.NEGATIVE_INFINITY,
  },
  guaranteed: { lastAckMs: null, unguarded: 0, longest: null, spans: [], totals: noTotals },
  degraded: noDegraded,
  outages: noTotals,
  servedMeanwhile: [],
}

export const noService: Service = { write: noKindService, read: noKindService }

/** Windows in which availability is counted. */
export const WINDOW_MS = 100
/** How many spans of each sort are kept. */
export const KEPT = 100
