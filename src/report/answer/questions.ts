/** What the homework asks: what happens when … In the order in which they are answered. */
export const questions = [
  'replica-off',
  'leader-off',
  'leader-killed',
  'leader-paused',
  'leader-cut-off',
  'leader-cut-off-synchronous',
  'etcd-member-off',
  'etcd-leader-off',
  'quorum-lost',
  'quorum-lost-failsafe',
  'proxy-off',
  'proxy-off-two-endpoints',
  'all-off',
] as const
export type Question = (typeof questions)[number]
