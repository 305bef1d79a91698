// Writes the three dashboards anew: node grafana_dashboards/build.ts
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { clients } from './clients.ts'
import { clusterAndFailover } from './cluster-and-failover.ts'
import { dcsAndInfrastructure } from './dcs-and-infrastructure.ts'
import type { Dashboard } from './grafana.ts'

/** By the name of the file. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'cluster-and-failover.json': clusterAndFailover(),
  'clients.json': clients(),
  'dcs-and-infrastructure.json': dcsAndInfrastructure(),
}

export function toJson(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, dashboard] of Object.entries(dashboards)) {
    writeFileSync(path.join(import.meta.dirname, name), toJson(dashboard))
  }
}
