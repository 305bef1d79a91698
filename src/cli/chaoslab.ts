#!/usr/bin/env node
// The entry of the command. It must load on any Node from 18 on: an older one hands over to the package's own.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import path from 'node:path'
import { launcherGone } from './launcher.ts'

/** What Ink 8 needs, and one that can `require` an ES module. */
const OLDEST_NODE = [22, 12] as const

// React picks its build when it is first loaded: the development one would cost twice the CPU.
process.env.NODE_ENV ??= 'production'

if (isNew()) {
  // What a thousand files compile to is kept for the next start, by their content.
  module.enableCompileCache?.()
  const { main } = await import('./main.ts')
  await main(process.argv)
} else {
  handOver()
}

function isNew(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
}

function handOver(): void {
  const node = packagedNode()
  if (node === null) {
    process.stderr.write(`chaoslab needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.\n`)
    process.exit(2)
  }
  // By the channel it knows when this process is gone, and heals and ends: nothing must go on unseen.
  const child = spawn(node, process.argv.slice(1), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // A Ctrl-C on a shared terminal reaches the child by itself.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
  }
  launcherGone().addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}

function packagedNode(): string | null {
  try {
    const folder = path.dirname(createRequire(import.meta.url).resolve('node/package.json'))
    const node = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(node) ? node : null
  } catch {
    return null
  }
}
