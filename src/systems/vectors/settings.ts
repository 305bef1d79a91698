import { z } from 'zod'
import { GIVES_UP_MS } from '../../workloads/vectors/run.ts'
import { type FaultCosts, GONE, majorityOf } from '../fault-costs.ts'
import type { ReportedSettings } from '../reported.ts'
import type { ShardView } from './events.ts'
import { gatewayOf, shardsOf } from './known.ts'
import { vectorsIn } from './shape.ts'

declare module '../own-settings.ts' {
  interface OwnSettings {
    readonly gateways?: readonly string[] | null | undefined
    /** The members of the etcd that keeps the map. */
    readonly mapMembers?: readonly string[] | null | undefined
    readonly vectorNodes?: readonly string[] | null | undefined
    readonly spareNodes?: number | null | undefined
    readonly checkedEveryMs?: number | null | undefined
  }
}

const names = z.array(z.string()).nullable()
const number = z.number().nullish()

export const vectorsSettings: ReportedSettings = {
  shape: {
    gateways: names,
    mapMembers: names.describe('The members of the etcd that keeps the map.'),
    vectorNodes: names.optional(),
    spareNodes: number.describe('Without so many of the nodes every shard still has a quorum, and may have a leader.'),
    checkedEveryMs: number.describe('How often the gateways ask the nodes.'),
  },
  read(state) {
    const shape = vectorsIn(state.lab)
    if (shape === null) return { isSynchronous: null, gateways: null, mapMembers: null }
    const { gateways, etcd, vectorNodes } = shape
    return {
      isSynchronous: null,
      gateways: [...gateways],
      mapMembers: [...etcd],
      vectorNodes: [...vectorNodes],
      spareNodes: spareOf(shardsOf(state)),
      checkedEveryMs: gatewayOf(state).value?.checkedEveryMs ?? null,
    }
  },
  tell: () => [],
  configIn: () => null,
}

/** A quorum has to be left, and of every quorum that there may have been a member; null where nobody says. */
function spareOf(shards: readonly ShardView[]): number | null {
  const spare = shards.map(({ quorum, members }) => {
    return quorum === undefined ? Number.NaN : Math.min(members.length - quorum, quorum - 1)
  })
  const least = Math.min(...spare)
  return Number.isFinite(least) ? Math.max(0, least) : null
}

/** So long a server of the store waits for another, and for each member of etcd in turn, where it is not told otherwise. */
const ANSWER_MS = 2_000
/** Checks that a leader does not answer until it is taken for gone, where it is not told otherwise. */
const CHECKS = 3
/** Until etcd has a leader again; or a shard that is given one: all are asked, and the map is changed. */
const ELECTION_MS = 2 * ANSWER_MS
/** A machine that is busy with the fault itself. */
const SLACK_MS = 3_000
/** Until a copy that was away has all that it missed. */
const RECOVERS_MS = 40_000

/**
 * Each gateway has clients of its own; a majority of etcd keeps the map; a node that is gone is replaced where each of its
 * shards has a quorum without it. What else costs how much, nobody says.
 */
export const faultCosts: FaultCosts = {
  standIns: ({ gateways, mapMembers, vectorNodes, spareNodes, checkedEveryMs }) => [
    ...(gateways == null ? [] : [{ parts: gateways, needed: 1, momentMs: GIVES_UP_MS, haveOwnClients: true }]),
    ...(mapMembers == null ? [] : [mapStandIns(mapMembers)]),
    ...(vectorNodes == null || !spareNodes || checkedEveryMs == null
      ? []
      : [
          {
            parts: vectorNodes,
            needed: vectorNodes.length - spareNodes,
            momentMs: CHECKS * (checkedEveryMs + ANSWER_MS) + ELECTION_MS + SLACK_MS,
            noticed: GONE,
            recoversMs: RECOVERS_MS,
          },
        ]),
  ],
}

function mapStandIns(parts: readonly string[]) {
  const momentMs = parts.length * ANSWER_MS + ELECTION_MS + SLACK_MS
  return { parts, needed: majorityOf(parts.length), momentMs }
}
