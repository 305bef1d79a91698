import { z } from 'zod'
import { faultEffects } from '../model/fault-effect.ts'
import { count, counted, lengthMs, ms } from './schema-parts.ts'

const proof = z.strictObject({
  source: z
    .string()
    .describe('log: a line of its own log; reading: what the lab read; lease: for Patroni, etcd’s word for the lease.'),
  part: z.string(),
  text: z.string().describe('For people.'),
  atMs: ms,
  errorMs: lengthMs.nullable().describe('By how much a line’s time may be off: it was said by another clock.'),
  evidence: z.int().describe('The event that holds it.'),
})

const phase = z.strictObject({
  stage: z
    .enum(['before', 'during', 'after'])
    .describe('Those during an outage sum to it; before: fault to last acknowledgement; after: until all is whole.'),
  awaited: z.string().describe('The moment that ended the wait: key-gone, key-taken, promoted, proxy-up, first-ack, …'),
  pass: z
    .int()
    .positive()
    .describe(
      'In which pass of the leader key, from 1 on: with stage and awaited, what it is compared by with others.',
    ),
  name: z.string().describe('For people.'),
  fromMs: ms,
  toMs: ms.nullable().describe('Null when its end was not seen.'),
  durationMs: lengthMs.nullable(),
  unmeasuredMs: lengthMs.describe('How much of it the lab itself was asleep, which is no part of its length.'),
  knob: z.string().nullable().describe('What governs how long it takes, for people.'),
  cause: z
    .looseObject({ type: z.string().describe('ttl, release, members-silent, members-answer, next-loop, replay, …') })
    .nullable()
    .describe('The same as a value, with the settings that it goes by. Null when nothing is known to govern it.'),
  unproven: z
    .enum(['no-access', 'not-read', 'not-said'])
    .nullable()
    .describe(
      'Why the cause is only a likely one: the lab may not read the nodes’ logs, did not, or they do not say it.',
    ),
  proof: z.array(proof).describe('What shows the cause, in order of time; empty when nothing does.'),
  predicted: z
    .strictObject({ minMs: lengthMs, maxMs: lengthMs })
    .nullable()
    .describe('The length that the configuration of the time allows for.'),
  isInside: z
    .boolean()
    .nullable()
    .describe(
      'Whether the length agrees with the prediction, given the resolution; null also where it does not and the cause is only likely.',
    ),
  resolutionMs: lengthMs.describe('By how much it may be longer or shorter.'),
  evidence: z.int().nullable().describe('The event that proves its end.'),
})

export const outage = z.strictObject({
  kind: z.enum(['write', 'read']),
  by: z
    .enum(['probe', 'workload'])
    .describe('Who had no acknowledgement; workload: the probe had some, so the two disagree.'),
  fromMs: ms.describe('The last acknowledgement before it; where none had come, the first error.'),
  toMs: ms.nullable().describe('The first acknowledgement of a sustained recovery; null while it lasts.'),
  durationMs: lengthMs.nullable().describe('Null when it had not ended.'),
  atLeastMs: lengthMs.describe(
    'How long it certainly was: up to its end, or to the last moment at which anybody asked.',
  ),
  firstErrorMs: ms.nullable(),
  firstErrorCode: z.string().nullable().describe('SQLSTATE, socket code or one of the lab’s own.'),
  serverBefore: z.string().nullable(),
  serverAfter: z.string().nullable(),
  errors: counted.describe('Answers to the probe that were no acknowledgement, by code.'),
  cause: z.string().nullable().describe('Null when it was not looked into.'),
  sentence: z.string().nullable().describe('What happened, for people.'),
  resolutionMs: lengthMs.nullable().describe('How far apart the probes were by which it was clocked.'),
  phases: z.array(phase).describe('Without a gap, from its beginning to the last thing that was waited for.'),
})

export const failover = z.strictObject({
  from: z.string().nullable(),
  to: z.string(),
  keyGoneMs: ms.nullable().describe('Null when the key passed on without a gap.'),
  keyTakenMs: ms,
  promotedMs: ms.nullable(),
  proxyUpMs: ms.nullable(),
  outage: z.int().nullable().describe('Index into `outages`; null when clients noticed none.'),
  pass: z
    .int()
    .positive()
    .describe('Which of the passes of its outage, from 1 on: the leader key can pass on twice in one.'),
  causeMs: ms.nullable().describe('When the fault landed that led to it; null when none is known to have.'),
  redundancyRestoredMs: ms
    .nullable()
    .describe(
      'When the old leader was first seen to stream again; of one that leads again, when the others of its outage were.',
    ),
  sentence: z.string().nullable().describe('What happened, for people.'),
  phases: z.array(phase).describe('Those of its own pass.'),
})

const phaseRange = z.strictObject({
  stage: z.enum(['before', 'during', 'after']),
  awaited: z.string(),
  count: count.describe('How often it came.'),
  notOver: count.describe('Of them, how many had not ended.'),
  minMs: lengthMs.nullable(),
  medianMs: lengthMs.nullable().describe('Nearest rank, so that it is one that was seen.'),
  maxMs: lengthMs.nullable(),
})

export const phaseRangesSchema = z.array(phaseRange).describe('The whole range of each step, over all failovers.')

export const fault = z.strictObject({
  part: z.string(),
  fault: z.string().describe('down, paused, or the name of one of the lab’s own faults.'),
  role: z
    .string()
    .nullable()
    .describe('What the part was when it landed: leader, replica, proxy, etcd, …; null when that is not known.'),
  how: z
    .enum(['killed', 'stopped', 'ended', 'paused', 'cut', 'frozen', 'other'])
    .describe('How it met the part: stopped is asked to end, ended by itself, cut from etcd.'),
  effects: z
    .array(z.enum(faultEffects))
    .describe('What it does, as the fault itself tells; of what Docker tells none.'),
  text: z.string(),
  fromMs: ms.optional().describe('Not before this moment: when it was asked for, or last known not to be there.'),
  landedMs: ms.describe('When it was confirmed, not when it was asked for.'),
  liftedMs: ms.nullable(),
})

export const preparation = z.strictObject({ fault: z.string(), parts: z.array(z.string()), fromMs: ms, toMs: ms })

export const injection = z.strictObject({
  fault: z.string(),
  target: z.string().describe('What it was aimed at, as it was said.'),
  parts: z.array(z.string()).describe('What that came to.'),
  text: z.string(),
  byHand: z.array(z.string()).describe('The commands that do the same by hand, where there are any.'),
  requestedMs: ms,
  landedMs: ms.nullable().describe('When it was made sure that it is in force; null when that never was.'),
  error: z.string().nullable(),
  failedMs: ms
    .optional()
    .describe('When it had failed, and what had been begun of it was taken back; absent: it did not.'),
})

export const splitBrain = z.strictObject({
  isWatched: z
    .boolean()
    .describe(
      'Whether any node, asked past the proxy, said whether it would take writes; true where each has a write authority of its own.',
    ),
  count: z.int().describe('How many spans there were; the latest hundred are listed.'),
  totalMs: lengthMs.describe(
    'All the time in which two nodes would have taken writes, or did; what overlaps counts once.',
  ),
  longestMs: lengthMs,
  spans: z.array(
    z.strictObject({
      basis: z
        .enum(['recovery', 'acknowledged', 'probe', 'traffic'])
        .describe(
          'recovery: both said that they were out of recovery; acknowledged: one did, before and after the other ' +
            'acknowledged writes; probe, traffic: both acknowledged writes.',
        ),
      nodes: z.array(z.string()),
      fromMs: ms.describe('It lasted for certain from here …'),
      toMs: ms.describe('… to here, both included.'),
      durationMs: lengthMs,
      earliestMs: ms.nullable().describe('It cannot have begun before; null where nothing says so.'),
      latestMs: ms.nullable(),
      isOpen: z.boolean(),
      evidence: z.array(z.int()),
    }),
  ),
  unwitnessedMs: lengthMs.describe(
    'All the time in which two nodes may have taken writes and nobody could see it; what overlaps counts once.',
  ),
  unwitnessedCount: z.int().describe('How many spans of it there were.'),
  longestUnwitnessedMs: lengthMs,
  unwitnessed: z
    .array(
      z.strictObject({
        node: z.string(),
        other: z.string(),
        lastKnown: z
          .enum(['primary', 'standby'])
          .nullable()
          .describe(
            'What it had been when it was last heard; null when that was never, or when it took the key since.',
          ),
        resolution: z
          .enum(['ended', 'paused', 'gone', 'engine', 'unknown'])
          .describe(
            'What is known of it all the same: its container had ended, or was paused; no process of its PostgreSQL ' +
              'was left; it answered through the engine. unknown: unless it was a standby, it may have taken writes.',
          ),
        fromMs: ms,
        toMs: ms.nullable(),
        durationMs: lengthMs.nullable(),
        evidence: z.array(z.int()),
      }),
    )
    .describe('Spans in which `node` could not be asked past the proxy while `other` took writes; the latest hundred.'),
})
