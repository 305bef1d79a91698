import { readdir, readFile, readlink } from 'node:fs/promises'
import net from 'node:net'
import type { PublishedPort } from './compose.ts'
import { listContainers } from './containers.ts'
import type { Engine } from './engine.ts'
import { listNeighbours, type Neighbour } from './neighbours.ts'

/** Who has a port: another container, with its compose project where it has one, a process of this machine, or nobody knows. */
export type PortHolder =
  | { readonly type: 'container'; readonly name: string; readonly project: string | null }
  | { readonly type: 'process'; readonly name: string; readonly pid: number }
  | { readonly type: 'unknown' }

/** A port that a service of the project needs and somebody else has. */
export interface TakenPort {
  readonly service: string
  readonly port: number
  readonly holder: PortHolder
}

/** Which of the project's ports somebody else holds; those of its own running containers are its own. */
export async function takenPorts(
  engine: Engine,
  project: string,
  ports: readonly PublishedPort[],
): Promise<TakenPort[]> {
  const found = await listContainers(engine, { project })
  const running = found.filter((each) => each.container.state === 'running' || each.container.state === 'paused')
  const ours = new Set(running.map((each) => each.service))
  const others = (await listNeighbours(engine)).filter(({ compose }) => compose?.project !== project)
  const taken: TakenPort[] = []
  for (const { service, host, port } of ports) {
    if (ours.has(service)) continue
    const on = others.flatMap((each) =>
      each.ports.flatMap(({ on }) => (on?.port === port ? [{ each, host: on.host }] : [])),
    )
    // The engine may be another machine's, and may publish a port without listening there.
    if (!on.some((one) => one.host === host) && !(await isPortTaken(host, port))) continue
    const [publisher] = on
    taken.push({ service, port, holder: publisher ? containerHolder(publisher.each) : await processHolder(port) })
  }
  return taken
}

function containerHolder({ name, compose }: Neighbour): PortHolder {
  return { type: 'container', name, project: compose?.project ?? null }
}

/** Whether something listens there, or could not be listened beside; nothing is left listening. */
function isPortTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)))
  })
}

/** The process that listens on a port; not known where it cannot be told (not Linux, not root). */
async function processHolder(port: number): Promise<PortHolder> {
  const inodes = new Set([...(await listeningInodes('tcp', port)), ...(await listeningInodes('tcp6', port))])
  if (inodes.size === 0) return { type: 'unknown' }
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const fds = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const fd of fds) {
      const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))?.[1]
      if (inode === undefined || !inodes.has(inode)) continue
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')
      return { type: 'process', name: name.trim(), pid: Number(pid) }
    }
  }
  return { type: 'unknown' }
}

/** Rows of /proc/net/tcp: local address is HEX:PORT in the second column, state 0A is LISTEN, inode the tenth. */
async function listeningInodes(table: 'tcp' | 'tcp6', port: number): Promise<string[]> {
  const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '')
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A' && columns[1]?.endsWith(`:${wanted}`))
    .map((columns) => columns[9] as string)
}
