import { mkdtemp } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { connectEngine } from '../../src/docker/engine.ts'

/** A socket that leads to the engine's, and can be cut. */
export interface EngineRelay extends AsyncDisposable {
  readonly path: string
  /** Ends every connection and takes no more. */
  cut(): void
  mend(): void
}

export async function engineRelay(): Promise<EngineRelay> {
  const engine = await connectEngine()
  engine.close()
  const target = engine.address.replace('unix://', '')
  const sockets = new Set<net.Socket>()
  let isCut = false
  const server = net.createServer((socket) => {
    if (isCut) return socket.destroy()
    const upstream = net.connect(target)
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), 'chaoslab-relay-')), 'docker.sock')
  await new Promise<void>((resolve) => server.listen(file, resolve))
  const relay: EngineRelay = {
    path: file,
    cut() {
      isCut = true
      for (const socket of sockets) socket.destroy()
    },
    mend() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      relay.cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return relay
}
