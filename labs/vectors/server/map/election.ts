import type { Member, Status } from '../shard/messages.ts'
import { commitQuorum, isVoter, type Shard } from './map.ts'

/** What members have answered, by their id; who has not answered is not in it. */
export type Answers = ReadonlyMap<string, Status>

/** The member of the map that answered is still the store that the map knows, and whole. */
function isCounted(member: Member, status: Status | undefined): boolean {
  return status?.isWhole === true && member.incarnation !== null && status.incarnation === member.incarnation
}

/**
 * Whether those who answered, once fenced, together hold everything that was acknowledged by a quorum, and nothing
 * more can be: the primary of the last epoch is among them (every quorum has its leader in it), or so many that every
 * quorum has one of them in it. With members that have just changed that has to be so of the ones before, too.
 */
function holdsAll(shard: Shard, answers: Answers): boolean {
  const primary = [...shard.members, ...(shard.previous ?? [])].find(({ id }) => id === shard.primary)
  if (primary && isCounted(primary, answers.get(primary.id))) return true
  return [shard.members, ...(shard.previous ? [shard.previous] : [])].every((members) => {
    const voters = members.filter(isVoter)
    const counted = voters.filter((member) => isCounted(member, answers.get(member.id)))
    return voters.length > 0 && counted.length >= voters.length - commitQuorum(shard, members) + 1
  })
}

/**
 * Who is to lead these members from now on: one whose log is no shorter than any of the shard's members has. Who cannot
 * apply what is committed leads only where nobody else may. Null where those who answered do not hold everything.
 */
export function nextLeader(shard: Shard, members: readonly Member[], answers: Answers): Member | null {
  const well = new Map([...answers].filter(([, { failure }]) => failure === null))
  for (const some of [well, answers]) {
    const best = holdsAll(shard, some) ? bestOf(shard, some) : null
    const next = bestOf({ ...shard, members }, some)
    if (best && next && !isAbove(endOf(best, some), endOf(next, some))) return next
  }
  return null
}

/** Of those who may lead, the one whose log is the longest of the latest epoch; the primary where that is even. */
export function bestOf(shard: Shard, answers: Answers): Member | null {
  const may = shard.members.filter((member) => isCounted(member, answers.get(member.id)))
  const rank = (member: Member) => [...endOf(member, answers), member.id === shard.primary ? 1 : 0]
  return may.reduce<Member | null>((best, member) => (best && !isAbove(rank(member), rank(best)) ? best : member), null)
}

function endOf({ id }: Member, answers: Answers): readonly number[] {
  const last = answers.get(id)?.last ?? { epoch: 0, position: 0 }
  return [last.epoch, last.position]
}

function isAbove(a: readonly number[], b: readonly number[]): boolean {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value > (b[at] ?? 0)
  return false
}

/** What a controller is to do about a shard, by what its members have just said. */
export type Step =
  | { readonly type: 'nothing' }
  /** The leader does not answer, and what is known does not suffice for another; or it may answer again soon. */
  | { readonly type: 'wait'; readonly why: 'suspected' | 'not-enough' }
  | { readonly type: 'settle' }
  /** Its members have come or gone without a change of who counts. */
  | { readonly type: 'tell-members' }
  | { readonly type: 'new-epoch'; readonly why: 'first' | 'not-leading' | 'unreachable' }
  /** A member has caught up: it counts from the next epoch on. */
  | { readonly type: 'admit'; readonly id: string; readonly incarnation: string }

/**
 * @param failures how many checks in a row the primary has not answered
 * @param fall after so many it is taken for gone
 */
export function stepFor(shard: Shard, answers: Answers, failures: number, fall: number): Step {
  const status = answers.get(shard.primary)
  if (shard.epoch === 0) return status ? { type: 'new-epoch', why: 'first' } : { type: 'wait', why: 'not-enough' }
  const leads = status?.leads
  if (!leads || leads.epoch !== shard.epoch) {
    if (!status && failures < fall) return { type: 'wait', why: 'suspected' }
    if (!holdsAll(shard, answers)) return { type: 'wait', why: 'not-enough' }
    return { type: 'new-epoch', why: status ? 'not-leading' : 'unreachable' }
  }
  if (!shard.isSettled) return leads.isSettled ? { type: 'settle' } : { type: 'nothing' }
  if (!isSame(leads.members, shard.members)) return { type: 'tell-members' }
  for (const peer of leads.peers) {
    const member = shard.members.find(({ id }) => id === peer.id)
    const isOther = peer.incarnation !== null && peer.incarnation !== member?.incarnation
    // What it says itself has to agree with what its leader knows of it.
    const answer = answers.get(peer.id)
    const isReady = peer.isHealthy && peer.isCaughtUp && answer?.isWhole && answer.incarnation === peer.incarnation
    if (member && isOther && isReady) return { type: 'admit', id: peer.id, incarnation: peer.incarnation }
  }
  return { type: 'nothing' }
}

function isSame(a: readonly Member[], b: readonly Member[]): boolean {
  const text = (members: readonly Member[]) =>
    JSON.stringify(members.map(({ id, url, incarnation }) => [id, url, incarnation]))
  return text(a) === text(b)
}
