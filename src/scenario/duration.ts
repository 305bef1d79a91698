import { z } from 'zod'
import { isBetween, parseDuration } from '../model/units.ts'

const MAX_MS = 24 * 3_600_000

/** As the author of a scenario writes it; in milliseconds once it is read. */
export const duration = z
  .string({ error: 'expected a duration like 30s or 5m' })
  .refine((text) => isBetween(parseDuration(text), 1, MAX_MS), 'expected a duration like 30s or 5m, up to 24h')
  .transform((text) => parseDuration(text) ?? 0)

/** How long a step waits that does not say it. */
export const DEFAULT_WITHIN = '60s'

/** The same as a key of what waits. */
export const within = duration.default(() => parseDuration(DEFAULT_WITHIN) ?? 0)
