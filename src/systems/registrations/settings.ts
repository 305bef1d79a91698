import { z } from 'zod'
import { GIVES_UP_MS } from '../../workloads/registrations/register.ts'
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

/** One application is enough, but clients may have waited for it until it is too late. What else costs how much, nobody says: every database is needed. */
export const faultCosts: FaultCosts = {
  standIns: ({ applications }) => {
    if (applications == null) return []
    return [{ parts: applications, needed: 1, momentMs: GIVES_UP_MS, haveOwnClients: true }]
  },
}
