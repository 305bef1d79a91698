/** The panels in the order of their numbers. */
export const panelIds = ['cluster', 'etcd', 'haproxy', 'containers', 'traffic', 'failovers', 'events'] as const

export type PanelId = (typeof panelIds)[number]
