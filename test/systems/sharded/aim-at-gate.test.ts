import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { World } from '../../../src/faults/world.ts'
import { systemClock } from '../../../src/log/clock.ts'
import { gateAim } from '../../../src/systems/sharded/aim-at-gate.ts'

const servers: http.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** An executor whose transaction comes to the gate at the third look, and stands there until the gate is opened. */
async function executor({ everHeld = true } = {}) {
  const told: string[] = []
  let looks = 0
  const state = { isOpen: true, isGone: false, since: 'then' }
  const server = http.createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.method !== 'GET') told.push(`${request.method} ${request.url} ${body}`.trim())
    if (request.method === 'PUT') state.isOpen = false
    if (request.method === 'DELETE') state.isOpen = true
    if (request.method === 'GET') looks++
    const isHeld = everHeld && !state.isOpen && !state.isGone && looks >= 3
    const underWay = [{ gid: 'a', gate: isHeld ? 'before-commit' : null }]
    response.end(JSON.stringify({ since: state.since, underWay }))
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, told, state, server, looks: () => looks }
}

function meet(url: string, signal = new AbortController().signal) {
  const world = { clock: systemClock(), control: { executor: url } } as unknown as World
  return gateAim.meet(z.strictObject(gateAim.shape).parse({ gate: 'before-commit', of: 8 }), world, signal)
}

describe('a fault aimed at a gate', () => {
  it('comes when a transaction stands there, and lets it go on afterwards', async () => {
    const { url, told } = await executor()
    const { over } = await meet(url)
    expect(told).toEqual(['PUT /gates/before-commit {"of":8,"holdMs":20000}'])
    expect(await over()).toBeNull()
    expect(told.at(-1)).toBe('DELETE /gates/before-commit')
  })

  it('was missed when the transaction had gone on, and not when the executor is gone or is another', async () => {
    const went = await executor()
    const first = await meet(went.url)
    went.state.isGone = true
    expect(await first.over()).toBe('the executor went on before the fault was in force')
    const again = await executor()
    const second = await meet(again.url)
    Object.assign(again.state, { isGone: true, since: 'later' })
    expect(await second.over()).toBeNull()
    const killed = await executor()
    const third = await meet(killed.url)
    killed.server.close().closeAllConnections()
    expect(await third.over()).toBeNull()
  })

  it('is taken back when nobody comes there before somebody stops waiting', async () => {
    const { url, told, looks } = await executor({ everHeld: false })
    const stop = new AbortController()
    const met = meet(url, stop.signal)
    const refused = expect(met).rejects.toThrow('interrupted')
    while (looks() < 3) await new Promise((resolve) => setImmediate(resolve))
    stop.abort(new Error('interrupted'))
    await refused
    expect(told.at(-1)).toBe('DELETE /gates/before-commit')
  })

  it('never comes where no executor answers', async () => {
    await expect(meet('http://127.0.0.1:1')).rejects.toThrow(/the executor does not answer/)
  })
})
