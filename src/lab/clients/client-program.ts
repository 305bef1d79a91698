import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { LAB_NODE } from '../../docker/lab-node.ts'
import type { Program } from '../../docker/start-program.ts'
import { type ClientSettings, SETTINGS_VARIABLE, TOLD_FILE } from './protocol.ts'

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

export const ERROR_FILE = '/tmp/chaoslab-error'

/**
 * Runs it, and where it breaks tells why, as it would itself: its container, and all that it has printed, is gone soon.
 * The first process of a container ends by no signal that it does not listen to.
 */
export const RUN_SCRIPT = `trap 'kill "$!"; exit' TERM
node dist/cli/clients.js 2> ${ERROR_FILE} &
wait "$!" && exit
code=$?
why=$(grep -m 1 -E '^[A-Za-z]*Error' ${ERROR_FILE} || tail -n 1 ${ERROR_FILE})
why=$(printf '%s' "exit code $code\${why:+: $why}" | tr -d '"\\\\[:cntrl:]' | cut -c -400)
printf '\\n{"type":"failed","why":"%s"}\\n' "$why" >> ${TOLD_FILE}
sleep 60 &
wait "$!"`

/** What runs the clients of a site on a host. */
export function clientProgram(settings: ClientSettings, mark: string): Program {
  const { runId, workload, write, read, credentials, pipeline, probeEveryMs } = settings
  const own: ClientSettings = { runId, workload, write, read, credentials, pipeline, probeEveryMs }
  return {
    image: LAB_NODE,
    name: `chaoslab-clients-${runId}`,
    labels: { [CLIENTS_LABEL]: mark },
    command: ['sh', '-c', RUN_SCRIPT],
    environment: { [SETTINGS_VARIABLE]: JSON.stringify(own) },
    files: { root, paths: CLIENT_FILES.map((each) => `dist/${each}`), to: '/app' },
  }
}
