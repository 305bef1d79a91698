import { createServer } from 'node:net'

/** Each worker of the test runner has its own thousand: what one has found free, no other takes meanwhile. */
const FIRST = 20_000 + 1_000 * (Number(process.env.VITEST_POOL_ID) % 12)
let next = Math.floor(Math.random() * 1_000)

/**
 * A port of 127.0.0.1 at which nobody listens. It is below those that the kernel gives to connections (from 32768,
 * net.ipv4.ip_local_port_range), so it stays free: a server that ended finds its own again, and who asks is refused.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (next++ % 1_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
