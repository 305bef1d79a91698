import { connect } from 'node:net'

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
    if (await isRefused(port)) return port
  }
}

/**
 * Resolves once nobody listens there any more. That a server has closed its port is not enough where other threads start
 * programs: what they fork has the port, too, until it has become the program.
 */
export async function untilRefused(port: number): Promise<void> {
  while (!(await isRefused(port)));
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}
