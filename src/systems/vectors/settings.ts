import { z } from 'zod'
import type { FaultCosts } from '../fault-costs.ts'
import { majorityOf } from '../fault-costs.ts'
import type { ReportedSettings } from '../reported.ts'
import { vectorsIn } from './shape.ts'

declare module '../own-settings.ts' {
  interface OwnSettings {
    readonly gateways?: readonly string[] | null | undefined
    /** The members of the etcd that keeps the map. */
    readonly mapMembers?: readonly string[] | null | undefined
  }
}

const names = z.array(z.string()).nullable()

export const vectorsSettings: ReportedSettings = {
  shape: { gateways: names, mapMembers: names.describe('The members of the etcd that keeps the map.') },
  read({ lab }) {
    const shape = vectorsIn(lab)
    const { gateways, etcd } = shape ?? {}
    return { isSynchronous: null, gateways: gateways ? [...gateways] : null, mapMembers: etcd ? [...etcd] : null }
  },
  tell: () => [],
  configIn: () => null,
}

/** Until the other members of etcd have a leader, and those who ask have turned to them. */
const MAP_MS = 10_000
/** A machine that is busy with the fault itself. */
const GATEWAY_MS = 5_000

/** Each gateway has clients of its own; a majority of etcd keeps the map. What else costs how much, nobody says. */
export const faultCosts: FaultCosts = {
  standIns: (_kind, { gateways, mapMembers }) => [
    ...(gateways == null ? [] : [{ parts: gateways, needed: 1, momentMs: GATEWAY_MS, haveOwnClients: true }]),
    ...(mapMembers == null ? [] : [{ parts: mapMembers, needed: majorityOf(mapMembers.length), momentMs: MAP_MS }]),
  ],
}
