import { z } from 'zod'
import type { FaultCosts } from '../fault-costs.ts'
import type { ReportedSettings } from '../reported.ts'
import { shapeOf } from './known.ts'

declare module '../own-settings.ts' {
  interface OwnSettings {
    readonly applications?: readonly string[] | null | undefined
  }
}

export const registrationsSettings: ReportedSettings = {
  shape: { applications: z.array(z.string()).nullable() },
  read: ({ lab }) => ({ isSynchronous: null, applications: lab === null ? null : [...shapeOf(lab).apps] }),
  tell: () => [],
  configIn: () => null,
}

/** Clients turn to the next application, but may have waited for the first until it is too late. */
const APPLICATION_MS = 5_000

/** One application is enough. What else costs how much, nobody says: every database is needed. */
export const faultCosts: FaultCosts = {
  standIns: (_kind, { applications }) => {
    if (applications == null) return []
    return [{ parts: applications, needed: 1, momentMs: APPLICATION_MS, haveOwnClients: true }]
  },
}
