import type { Anatomy as AnyAnatomy, Phase as AnyPhase, Proof as AnyProof } from '../../../model/explained.ts'
import { formatClock } from '../../../model/units.ts'
import type { LongAndShort } from '../../system.ts'
import { inSentences, namePhase, type PhaseNames, tellClients, tellPhases } from '../../tell-phases.ts'
import type { Promotion } from '../promotions.ts'
import { tellWhy, tellWhyShort } from '../words.ts'
import type { Anatomy, Cause, Phase, Proof } from './shapes.ts'

/** What happened, in a sentence or two, of what was seen and nothing else. */
export function sentenceOf(anatomy: Omit<Anatomy, 'sentence'>, passes: readonly Promotion[]): string {
  const { isOpen, kind, from } = anatomy
  const wrong = passes
    .filter(({ verdict }) => verdict === 'false')
    .map(({ from, node }) => ` ${from} still took writes: the promotion of ${node} was a false one.`)
  const doubt = kind === 'unknown' && !isOpen ? ' Nothing that was seen explains it.' : ''
  const story = { doubt: `${wrong.join('')}${doubt}`, startsWithName: kind === 'leader-kept' && from !== null }
  return inSentences(anatomy, storyOf(anatomy, passes), story)
}

function storyOf(anatomy: Omit<Anatomy, 'sentence'>, passes: readonly Promotion[]): string {
  const { kind, from, causes } = anatomy
  const clients = tellClients(anatomy)
  switch (kind) {
    case 'failover': {
      const steps = passes.map(({ node, why }) => `${node}, as ${tellWhy(why)}`)
      return `the proxy gave the lead to ${steps.join(', then to ')}; ${clients}`
    }
    case 'proxy-down':
      return `the proxy ${causes.length > 0 ? 'was gone' : 'did not answer'}, and ${clients}`
    case 'leader-kept':
      return `${from ?? 'the primary'} stayed the leader, and ${clients}`
    default:
      return clients
  }
}

export function tellAnatomy(anatomy: AnyAnatomy): string[] {
  return tellPhases(anatomy, { phaseName, tellCause, tellProof }, 'from the decision to the promotion')
}

/** What was waited for: `the proxy gives the lead to my_standby`. */
export function phaseName(phase: AnyPhase): LongAndShort {
  return namePhase(phase, NAMES)
}

const NAMES: PhaseNames = {
  silent: () => ['a check of the proxy fails', 'a check fails'],
  'key-taken': ({ part }) => [
    part === null ? 'the proxy gives the lead away' : `the proxy gives the lead to ${part}`,
    'lead given away',
  ],
  promoted: ({ part }) => [`PostgreSQL${part === null ? '' : ` on ${part}`} is promoted`, 'promoted'],
  healthy: () => ['both servers are healthy', 'both healthy'],
}

/** What governs a phase; null where nothing is known to. */
export function tellCause(phase: AnyPhase): LongAndShort | null {
  const cause = (phase as Phase).cause as Cause | null
  switch (cause?.type) {
    case undefined:
      return null
    case 'next-check': {
      const every = `check every ${seconds(cause.settings.checkEveryMs)}`
      return [`a ${every}, and a standby that has heard nothing for ${seconds(cause.settings.hearsWithinMs)}`, every]
    }
    case 'checks': {
      const { fall, overMs } = cause.settings
      return [`${fall} failed checks over ${seconds(overMs)}`, `${fall} checks over ${seconds(overMs)}`]
    }
    case 'trouble':
      return [`the first trouble of a session: ${tellWhy(cause.why)}`, tellWhyShort(cause.why)]
    case 'promotion':
      return ['pg_promote()', 'pg_promote()']
    case 'reconnect':
      return [`client reconnect, every ${cause.everyMs} ms`, 'reconnect']
    case 'rejoin':
      return [cause.by, cause.by]
  }
}

export function tellProof(given: AnyProof): string {
  const proof = given as Proof
  const at = formatClock(proof.atMs)
  if (proof.source === 'reading') return `read from ${proof.part} at ${at}`
  switch (proof.says.type) {
    case 'silent':
      return `proxy at ${at}: the first check of those that failed`
    case 'decided':
      return `proxy at ${at}: leads to ${proof.says.node} from now on: ${tellWhy(proof.says.why)}`
    case 'promoted':
      return `proxy at ${at}: ${proof.says.node} is promoted after ${proof.says.tookMs} ms, timeline ${proof.says.timeline}`
  }
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`
}
