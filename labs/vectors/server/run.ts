import { createServer as createProbe } from 'node:net'
import { buildApp } from './http/app.ts'
import type { Config } from './options.ts'
import { createServer, type ServerParts, type VectorServer } from './server.ts'

export interface RunningServer {
  readonly url: string
  readonly server: VectorServer
  close(): Promise<void>
}

/** Listens, and begins. Resolves once it answers; the map may not be there yet where its keeper is away. */
export async function runServer(config: Config, parts: ServerParts): Promise<RunningServer> {
  for (;;) {
    const port = config.port === 0 ? await freePort(config.host) : config.port
    const url = config.url ?? `http://${config.host === '127.0.0.1' ? 'localhost' : config.host}:${port}`
    const server = createServer(config, url, parts)
    const app = await buildApp(server)
    const close = async () => {
      await app.close()
      await server.close()
    }
    try {
      await app.listen({ host: config.host, port })
    } catch (error) {
      await close()
      const isTaken = config.port === 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!isTaken) throw error
      // Somebody else was faster with the port that was free: another one.
      continue
    }
    await server.start()
    return { url, server, close }
  }
}

/** Its own address has to be known before it listens: other servers are told of it. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createProbe().once('error', reject)
    probe.listen(0, host, () => {
      const { port } = probe.address() as { readonly port: number }
      probe.close(() => resolve(port))
    })
  })
}
