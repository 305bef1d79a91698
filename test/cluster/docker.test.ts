import { mkdtemp } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { connectEngine } from '../../src/docker/engine.ts'
import { runCommand } from '../../src/docker/run-command.ts'
import { healthyLab } from './healthy-lab.ts'
import { labFile } from './lab-file.ts'

test('a container removed behind the lab’s back is told as gone, and seen again when it is made anew', async () => {
  await using t = await healthyLab()
  const before = t.state().containers.prometheus?.container
  expect(before?.state).toBe('running')
  await runCommand('docker', ['rm', '-f', before?.id as string])
  await t.until('it is gone', (s) => s.containers.prometheus?.container === null)
  await using again = await healthyLab()
  await again.until('it is there', (s) => s.containers.prometheus?.container?.state === 'running')
  await t.until('the first lab sees the new one', (s) => {
    const container = s.containers.prometheus?.container
    return container?.state === 'running' && container.id !== before?.id
  })
  await t.until('and its statistics', (s) => s.containers.prometheus?.memoryBytes != null)
})

test('a cut event stream is told, made anew, and what happened meanwhile is seen', async () => {
  const engine = await connectEngine()
  engine.close()
  await using relay = await relayTo(engine.address.replace('unix://', ''))
  await using t = await healthyLab(labFile, {
    environment: { ...process.env, DOCKER_HOST: `unix://${relay.path}` },
  })
  relay.cut()
  await t.until('the stream is seen as cut', (s) => s.engine.unreachableSinceMs !== null)
  await runCommand('docker', ['stop', t.state().containers.prometheus?.container?.id as string])
  relay.mend()
  await t.until('the stream is back', (s) => s.engine.unreachableSinceMs === null)
  await t.until('the stop is seen', (s) => s.containers.prometheus?.container?.state === 'exited')
  await t.lab.act('start', 'prometheus')
  await t.until('a start is seen', (s) => s.containers.prometheus?.container?.state === 'running')
  await t.traffic()
})

interface Relay extends AsyncDisposable {
  readonly path: string
  /** Ends every connection and takes no more. */
  cut(): void
  mend(): void
}

/** A socket that leads to the engine's, and can be cut. */
async function relayTo(target: string): Promise<Relay> {
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
  const relay: Relay = {
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
