import { FaultError } from '../../../../faults/fault.ts'
import { SIDE_LABEL, toolsImage } from '../../../../faults/network/side.ts'
import type { World } from '../../../../faults/world.ts'

/**
 * Where HAProxy's runtime API listens inside the proxy's own network, reached from a side container there: the socket
 * file in the proxy's container could be reached only with a client in that container.
 */
export const RUNTIME_PORT = 9999

/** What to write into the `global` section of a proxy that has none. */
export const RUNTIME_LINE = `stats socket ipv4@127.0.0.1:${RUNTIME_PORT} level admin`

/** The exit code when nobody listens there. */
const NOBODY = 7
const SCRIPT = `exec 3<>"/dev/tcp/127.0.0.1/$1" || exit ${NOBODY}
printf '%s\\n' "$2" >&3
timeout 5 cat <&3`

/**
 * Commands of HAProxy's runtime API (HAProxy 3.0, management guide, section 9.3), at once; null when the proxy has no
 * such socket.
 * @throws {FaultError} it did not answer
 */
export async function askProxy(
  service: string,
  commands: readonly string[],
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  const command = ['bash', '-c', SCRIPT, 'chaoslab', String(RUNTIME_PORT), commands.join(';')]
  const options = { image: toolsImage(world), labels: { [SIDE_LABEL]: world.mark }, command }
  const { code, stdout } = await world.containers.runBeside(service, options, signal)
  if (code === NOBODY) return null
  if (code !== 0) throw new FaultError(`the runtime API of ${service} does not answer`)
  return stdout.trim()
}

/** As an operator has set it; what health checks have found is apart from it. */
type AdminState = 'ready' | 'drain' | 'maint'

export interface ProxyServer {
  readonly backend: string
  readonly server: string
  readonly admin: AdminState
}

/** Every server of the proxy with its administrative state; null when the proxy has no runtime API. */
export async function readProxyServers(
  service: string,
  world: World,
  signal: AbortSignal,
): Promise<ProxyServer[] | null> {
  const answer = await askProxy(service, ['show servers state'], world, signal)
  return answer === null ? null : parseServers(answer)
}

/** Bits of `srv_admin_state`: forced by an operator, for maintenance and for draining (section 9.3). */
const FORCED_MAINT = 0x01
const FORCED_DRAIN = 0x08

/** `show servers state`: a version, a header, a line a server. */
export function parseServers(answer: string): ProxyServer[] {
  const lines = answer.split('\n')
  const header = lines.find((line) => line.startsWith('# be_id '))
  if (header === undefined) throw new FaultError('the runtime API does not list servers as HAProxy does')
  const columns = header.slice(2).split(' ')
  const at = (name: string) => columns.indexOf(name)
  return lines
    .filter((line) => /^\d+ \S/.test(line))
    .map((line) => {
      const fields = line.split(' ')
      const bits = Number(fields[at('srv_admin_state')])
      const admin = bits & FORCED_MAINT ? 'maint' : bits & FORCED_DRAIN ? 'drain' : 'ready'
      return { backend: fields[at('be_name')] ?? '', server: fields[at('srv_name')] ?? '', admin }
    })
}
