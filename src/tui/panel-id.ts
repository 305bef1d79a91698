/** The panels in the order of their numbers. The scenario's is there once one has begun. */
export const panelIds = [
  'cluster',
  'etcd',
  'haproxy',
  'containers',
  'traffic',
  'failovers',
  'events',
  'scenario',
] as const

export type PanelId = (typeof panelIds)[number]
