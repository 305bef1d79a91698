import { describe, expect, it } from 'vitest'
import { readCounts, slowLink, slowRules } from '../../src/faults/network/slow-link.ts'
import type { Part } from '../../src/faults/part.ts'
import { readSettings } from '../../src/faults/settings.ts'
import { done, type FakeWorld, fakeScope, fakeWorld, parts } from './fake-world.ts'

const never = new AbortController().signal
const placed: readonly Part[] = parts.map((part) => ({ ...part, host: `host${/\d$/.exec(part.name)?.[0] ?? 1}` }))
const on = (name: string) => placed.filter(({ host }) => host === name)
const hosts = [1, 2, 3].map((number) => ({ name: `host${number}`, address: `10.0.0.${number}` }))

/** What nft prints of both chains, with so many packets each. */
function table(all: number, lost: number, tooMany?: number): string {
  const counted = (rule: string, packets: number) => `    udp dport 4789 ${rule}counter packets ${packets} bytes 9`
  const rules = [
    counted('', all),
    `${counted('numgen random mod 10000 < 500 ', lost)} drop`,
    ...(tooMany === undefined
      ? []
      : [`${counted('limit rate over 122 kbytes/second burst 64 kbytes ', tooMany)} drop`]),
  ].join('\n')
  return `table inet chaoslab_0123abcd {\n  chain from {\n${rules}\n  }\n  chain to {\n${rules}\n  }\n}`
}

function worldThatShows(shown: string): FakeWorld {
  const world = fakeWorld({
    sideSays: ({ signals }) => (signals.includes('SIGUSR2') ? 'ready\nmade\ndone' : 'ready'),
    beside: (_service, command) => done(command.at(-1)?.includes('nft list table') ? shown : ''),
  })
  return Object.assign(world, { parts: placed, hosts })
}

async function land(shown: string, settings: object = {}) {
  const world = worldThatShows(shown)
  const scope = fakeScope(world)
  try {
    const landed = await slowLink.inject(slowLink.schema.parse(settings), on('host3'), scope, never)
    return { world, landed, undos: scope.undos }
  } finally {
    scope.close()
  }
}

describe('slow-link', () => {
  it('loses what the host says to others and they to it, and nothing of what clients say', async () => {
    const { world, landed, undos } = await land(table(400, 20))
    const make = world.sides.get('chaoslab-0123abcd-host-of-patroni3')?.options.command[4] ?? ''
    const rules = make.split('\n').filter((line) => line.includes('counter'))
    expect(rules.length).toBe(4)
    for (const rule of rules) expect(rule).toMatch(/ip [sd]addr \{ 10\.0\.0\.1, 10\.0\.0\.2 \} udp dport 4789 /)
    expect(undos.map(({ type }) => type)).toEqual(['rejoin-host'])
    expect(landed.proof).toBe('host3: 20 of 400 packets in lost, 20 of 400 packets out lost')
  })

  it('is not in force where a link loses nothing of what was sent', async () => {
    await expect(land(table(1200, 0))).rejects.toThrow('host3 loses 0 of 1200 packets in, not 5 %')
  })

  it('is not in force where a limit lets everything pass', async () => {
    await expect(land(table(400, 20, 0), { rate: '1mbit' })).rejects.toThrow('the limit has no effect')
    expect((await land(table(400, 20, 7), { rate: '1mbit', direction: 'in' })).landed.proof).toBe(
      'host3: 20 of 400 packets in lost, 7 were too many',
    )
  })

  it('limits without losing anything by chance', () => {
    expect(slowRules({ percent: 0, rate: 1_000_000 })).toEqual([
      'counter',
      'limit rate over 125000 bytes/second burst 65536 bytes counter drop',
    ])
  })

  it('has to do something', () => {
    expect(readSettings(slowLink, ['percent=0']).ok).toBe(false)
    expect(readSettings(slowLink, ['percent=0', 'rate=1mbit']).ok).toBe(true)
  })

  it('counts each way by itself', () => {
    const shown = table(9, 1, 2).replace(/chain to.*/s, 'chain to {\n}')
    expect(readCounts(shown, 'in')).toEqual({ all: 9, lost: 1, tooMany: 2 })
    expect(readCounts(shown, 'out')).toEqual({ all: 0, lost: 0, tooMany: 0 })
  })

  it('is refused in a lab that names no hosts', async () => {
    const params = slowLink.schema.parse({})
    expect(await slowLink.refusal?.(params, parts.slice(0, 1), fakeWorld(), never)).toContain('names no hosts')
  })
})
