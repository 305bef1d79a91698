import type { Anatomy as AnyAnatomy, Phase as AnyPhase, Proof as AnyProof } from '../../../model/explained.ts'
import { formatClock } from '../../../model/units.ts'
import { inSentences, tellClients, tellPhases } from '../../tell-phases.ts'
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
export function phaseName({ awaited, part, isSteadying }: AnyPhase): string {
  switch (awaited) {
    case 'fault':
      return part === null ? 'it fails' : `${part} fails`
    case 'last-ack':
      return 'clients are still served'
    case 'first-error':
      return 'clients notice'
    case 'silent':
      return 'a check of the proxy fails'
    case 'key-taken':
      return part === null ? 'the proxy gives the lead away' : `the proxy gives the lead to ${part}`
    case 'promoted':
      return `PostgreSQL${part === null ? '' : ` on ${part}`} is promoted`
    case 'proxy-back':
      return 'the proxy answers again'
    case 'lifted':
      return part === null ? 'the fault is taken back' : `${part} is brought back`
    case 'flicker':
    case 'first-ack':
      return isSteadying ? 'acknowledgements become steady' : 'clients get through'
    case 'streaming':
      return part === null ? 'the old primary streams again' : `${part} streams again`
    case 'healthy':
      return 'both servers are healthy'
    default:
      return awaited
  }
}

/** The same in at most sixteen cells. */
export function shortPhaseName({ awaited, isSteadying }: AnyPhase): string {
  switch (awaited) {
    case 'fault':
      return 'fails too'
    case 'last-ack':
      return 'still served'
    case 'first-error':
      return 'noticed'
    case 'silent':
      return 'a check fails'
    case 'key-taken':
      return 'lead given away'
    case 'promoted':
      return 'promoted'
    case 'proxy-back':
      return 'proxy answers'
    case 'lifted':
      return 'brought back'
    case 'flicker':
    case 'first-ack':
      return isSteadying ? 'acks steady' : 'clients through'
    case 'streaming':
      return 'streams again'
    case 'healthy':
      return 'both healthy'
    default:
      return awaited
  }
}

/** What governs a phase; null where nothing is known to. */
export function tellCause(phase: AnyPhase): string | null {
  const cause = (phase as Phase).cause as Cause | null
  switch (cause?.type) {
    case undefined:
      return null
    case 'next-check':
      return `a check every ${seconds(cause.settings.checkEveryMs)}, and a standby that has heard nothing for ${seconds(cause.settings.hearsWithinMs)}`
    case 'checks':
      return `${cause.settings.fall} failed checks over ${seconds(cause.settings.overMs)}`
    case 'trouble':
      return `the first trouble of a session: ${tellWhy(cause.why)}`
    case 'promotion':
      return 'pg_promote()'
    case 'reconnect':
      return `client reconnect, every ${cause.everyMs} ms`
    case 'rejoin':
      return cause.by
  }
}

/** The same where there is little room. */
export function tellCauseShort(phase: AnyPhase): string | null {
  const cause = (phase as Phase).cause as Cause | null
  switch (cause?.type) {
    case undefined:
      return null
    case 'next-check':
      return `check every ${seconds(cause.settings.checkEveryMs)}`
    case 'checks':
      return `${cause.settings.fall} checks over ${seconds(cause.settings.overMs)}`
    case 'trouble':
      return tellWhyShort(cause.why)
    case 'promotion':
      return 'pg_promote()'
    case 'reconnect':
      return 'reconnect'
    case 'rejoin':
      return cause.by
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
