import { describe, expect, it } from 'vitest'
import { connectEngine } from '../../src/docker/engine.ts'
import { labContainers } from '../../src/docker/lab-containers.ts'
import { composeContainer, startFakeEngine } from './fake-engine.ts'

const web = composeContainer('web')

/** One frame of output without a terminal: 1 is stdout, 2 stderr. */
function frame(stream: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text)
  const head = Buffer.alloc(8)
  head[0] = stream
  head.writeUInt32BE(body.length, 4)
  return Buffer.concat([head, body])
}

async function engineWith(logs: Buffer | number) {
  const engine = await startFakeEngine()
  engine.containers.push(web)
  const answer = typeof logs === 'number' ? logs : { status: 200, body: logs }
  engine.answers.set(`GET /containers/${web.id}/logs`, answer)
  engine.answers.set('GET /info', { status: 200, body: { SystemTime: '2026-11-21T11:28:10.250000001Z' } })
  const containers = labContainers(await connectEngine(engine.environment), { project: 'demo' })
  return { engine, containers }
}

describe('a container’s log', () => {
  const logs = Buffer.concat([
    frame(2, '2026-11-21T11:28:10.200000000Z second\n'),
    frame(1, '2026-11-21T11:28:10.100000000Z first\n2026-11-21T11:28:10.300000000Z third\n'),
    frame(1, '2026-11-21T11:28:09.000000000Z before\nno stamp\n'),
  ])
  const sinceUnixMs = Date.parse('2026-11-21T11:28:10.050Z')

  it('comes in order of the engine’s stamps, from both streams, and no older than was asked for', async () => {
    const { engine, containers } = await engineWith(logs)
    await using _ = engine
    const lines = await containers.log('web', sinceUnixMs)
    expect(lines.map(({ text }) => text)).toEqual(['first', 'second', 'third'])
    expect(lines[0]?.stampUnixMs).toBe(Date.parse('2026-11-21T11:28:10.100Z'))
  })

  it('is asked for with stamps, from the whole second before, and never without end', async () => {
    const { engine, containers } = await engineWith(logs)
    await using _ = engine
    await containers.log('web', sinceUnixMs)
    const asked = engine.requests.find((request) => request.includes('/logs'))
    expect(asked).toContain(`since=${Math.floor(sinceUnixMs / 1_000)}`)
    expect(asked).toMatch(/timestamps=(true|1)/)
    expect(asked).toMatch(/tail=5000/)
  })

  it('rejects when the engine keeps none that can be read', async () => {
    const { engine, containers } = await engineWith(501)
    await using _ = engine
    await expect(containers.log('web', 0)).rejects.toMatchObject({ name: 'EngineError' })
  })

  it('is told its place by the engine’s own clock', async () => {
    const { engine, containers } = await engineWith(logs)
    await using _ = engine
    expect(await containers.time()).toBe(Date.parse('2026-11-21T11:28:10.250Z'))
  })
})
