/**
 * What a fault does, as the fault itself tells it: whoever explains, previews or judges goes by these, and knows no fault
 * by its name.
 *
 * - `takes-part-away`: the part is as good as gone for as long as it is in force.
 * - `freezes-part`: it takes the part away by freezing it: nothing of it has ended.
 * - `may-take-part-away`: at worst it is.
 * - `hands-over`: a leader is asked to go, and gives the leader key away in good order.
 * - `restarts-postgres`: PostgreSQL ends and is started again where it was.
 * - `slows-part`: the part answers, but late.
 * - `cuts-part`: the part does not reach others that it works with, or they do not reach it.
 * - `cuts-from-etcd`: it does not reach etcd, so that a leader cannot renew its key.
 * - `freezes-patroni`: Patroni does nothing, and PostgreSQL goes on: nobody renews the key, nobody demotes.
 * - `can-lose-writes`: even without a cut, what the old leader acknowledged may be missing from the new one.
 * - `over-when-running`: it is over once the container runs.
 * - `over-at-once`: it is over as soon as it has landed, and nothing has to be healed.
 */
export const faultEffects = [
  'takes-part-away',
  'freezes-part',
  'may-take-part-away',
  'hands-over',
  'restarts-postgres',
  'slows-part',
  'cuts-part',
  'cuts-from-etcd',
  'freezes-patroni',
  'can-lose-writes',
  'over-when-running',
  'over-at-once',
] as const

export type FaultEffect = (typeof faultEffects)[number]
