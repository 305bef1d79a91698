import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 at which nobody listens. It is below those that the kernel gives to connections (from 32768,
 * net.ipv4.ip_local_port_range), so it stays free: a server that ended finds its own again, and who asks is refused.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
