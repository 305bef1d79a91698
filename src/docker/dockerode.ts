import { createRequire } from 'node:module'
import type Docker from 'dockerode'

/**
 * What dockerode loads and the lab never uses, by the package that has it: gRPC for sessions of BuildKit, and an SSH
 * client (ssh-agent.ts asks the system's own). They were a fifth of what `status` loads.
 */
const UNUSED = { dockerode: './session', 'docker-modem': './ssh' }

/** The client of the Docker engine, without that. */
export const Dockerode = loadDockerode()

function loadDockerode(): typeof Docker {
  const require = createRequire(import.meta.url)
  const besideDockerode = createRequire(require.resolve('dockerode'))
  for (const [owner, part] of Object.entries(UNUSED)) {
    const file = createRequire(besideDockerode.resolve(owner)).resolve(part)
    require.cache[file] ??= { id: file, filename: file, loaded: true, exports: refuse } as NodeJS.Module
  }
  return require('dockerode')
}

function refuse(): never {
  throw new Error('the lab has no sessions of BuildKit, and reaches ssh:// by an agent of its own')
}
