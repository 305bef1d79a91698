import { z } from 'zod'

export const ms = z.number().describe('Milliseconds since the run began.')

export const lengthMs = z.number().describe('A length of time in milliseconds.')

export const count = z.int().nonnegative()

/** `FigureValue`, but for null. */
export const figureValue = z.union([z.number(), z.strictObject({ atLeast: z.number(), atMost: z.number().optional() })])

export const counted = z.record(z.string(), count)

export const verdict = z.strictObject({
  verdict: z.enum(['pass', 'fail', 'unknown']).describe('unknown is never as good as pass.'),
  why: z.string(),
  evidence: z
    .array(z.int())
    .describe(
      'Sequence numbers: of writes for `writes`, `replicas` and `reads`, of probes for `probe`, else of events in events.ndjson.',
    ),
})

export const span = z.strictObject({ fromMs: ms, toMs: ms })

export const spanTotals = { count, totalMs: lengthMs, longestMs: lengthMs }

export const version = z.string().nullable()

export const share = z.number().min(0).max(1).nullable()
