import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type LabDefinition, readLabDefinition } from '../../src/lab/definition.ts'
import type { EventBody, LabEvent } from '../../src/model/events.ts'

const cluster = (name: string) => `
    patroni:
      scope: ${name}
      nodes:
        - { name: ${name}1, container: ${name}1, rest: "http://${name}1:8008", postgres: "${name}1:5432" }
        - { name: ${name}2, container: ${name}2, rest: "http://${name}2:8008", postgres: "${name}2:5432" }
    etcd:
      members: [{ name: ${name}e, container: ${name}e, client: "http://${name}e:2379" }]
    postgres: { database: app, user: app, password: { env: PASSWORD } }`

/** A lab of two Patroni clusters, `a` and `b`, of two nodes each. */
export const TWO = `name: two\ndocker: { project: two }\ninstances:\n  a:${cluster('a')}\n  b:${cluster('b')}\n`

export async function read(text: string): Promise<LabDefinition> {
  await using folder = await mkdtempDisposable(path.join(os.tmpdir(), 'chaoslab-several-'))
  const file = path.join(folder.path, 'lab.yaml')
  await writeFile(file, text)
  return await readLabDefinition(file, { PASSWORD: 'x' })
}

export function startedWith({ place }: LabDefinition): EventBody {
  const startedAt = '2026-01-01T00:00:00.000Z'
  const workloads = { a: 'events', b: 'events' }
  return { type: 'run.started', startedAt, version: '1', lab: place.shape, workloads }
}

export const primary = (node: string): EventBody => ({
  type: 'postgres.node',
  node,
  reading: { ok: true, value: { isInRecovery: false, timeline: 1, lsn: 1, address: node, systemId: '1' } },
})
export const key = (holder: string | null, revision = 1): EventBody => {
  return { type: 'etcd.leader-key', holder, revision, via: 'e', seenBy: 'watch' }
}

/** Every 50 ms one of them, each with the system that it is about. */
export function play(...bodies: readonly (readonly [string | null, EventBody])[]): LabEvent[] {
  return bodies.map(([instance, body], index) => {
    return { seq: index + 1, atMs: index * 50, ...(instance !== null && { instance }), ...body }
  })
}
