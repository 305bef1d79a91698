import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { LAB_NODE } from '../../docker/lab-node.ts'
import type { Program } from '../../docker/start-program.ts'
import { type ClientSettings, SETTINGS_VARIABLE } from './protocol.ts'

/** The label of every container that clients run in: its value says whose lab it is. */
export const CLIENTS_LABEL = 'chaoslab.clients'

/** The compiled lab itself, in the folder of its package: what runs there is of the same version as what listens here. */
const root = packageAbove(path.dirname(fileURLToPath(import.meta.url)))

/** However deep in it this file is, compiled or bundled. */
function packageAbove(folder: string): string {
  const above = path.dirname(folder)
  return above === folder || existsSync(path.join(folder, 'package.json')) ? folder : packageAbove(above)
}

/** What of it the program imports, and that alone. */
export const CLIENT_FILES = [
  ...['audit', 'docker', 'log', 'model', 'observe', 'traffic', 'workloads'],
  'lab/clients',
  'cli/clients.js',
]

/** What runs the clients of a site on a host. */
export function clientProgram(settings: ClientSettings, mark: string): Program {
  const { runId, workload, write, read, credentials, pipeline, probeEveryMs } = settings
  const own: ClientSettings = { runId, workload, write, read, credentials, pipeline, probeEveryMs }
  return {
    image: LAB_NODE,
    name: `chaoslab-clients-${runId}`,
    labels: { [CLIENTS_LABEL]: mark },
    command: ['node', 'dist/cli/clients.js'],
    environment: { [SETTINGS_VARIABLE]: JSON.stringify(own) },
    files: { root, paths: CLIENT_FILES.map((each) => `dist/${each}`), to: '/app' },
  }
}
