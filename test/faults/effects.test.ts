import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FaultKind } from '../../src/faults/fault.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { faultKinds } from '../../src/systems/fault-kinds.ts'
import { faultCosts } from '../../src/systems/patroni/fault-costs.ts'
import { healthy, run, served, traffic } from '../model/anatomy-events.ts'
import { node, postgres, type Timed } from '../model/events.ts'

const root = path.resolve(import.meta.dirname, '..', '..')

/** A fault of this kind on the leader, with an outage, under whatever name. */
function story({ effects }: FaultKind, fault: string): Timed[][] {
  const about = { id: 'a', fault, parts: ['patroni1'] }
  const isMomentary = effects.includes('over-at-once') && { isMomentary: true }
  const spans = [served(0, 2_000, 'patroni1'), served(3_500, 6_000, 'patroni1')]
  return [
    healthy(),
    traffic(spans),
    [
      [1_900, { type: 'fault.requested', ...about, target: 'leader', text: 'is done', effects }],
      [2_100, { type: 'fault.landed', ...about, text: 'was hit', effects, ...isMomentary, fromMs: 1_900 }],
      [2_200, postgres('patroni1', 'ECONNREFUSED')],
      [2_300, node('patroni1', { state: 'starting' })],
      [3_250, postgres('patroni1', { isInRecovery: false, timeline: 4 })],
      [isMomentary ? 2_101 : 5_000, { type: 'fault.healed', ...about, ...isMomentary }],
    ],
  ]
}

describe('a fault tells its effects, and nobody else knows it by its name', () => {
  it.each(faultKinds)('$type is explained and judged the same under another name', (kind) => {
    const [own, other] = [kind.type, 'anything'].map((name) => run(...story(kind, name)))
    expect(JSON.parse(JSON.stringify(other).replaceAll('anything', kind.type))).toEqual(
      JSON.parse(JSON.stringify(own).replaceAll('anything', kind.type)),
    )
    const settings = summarySchema.shape.settings.parse({
      probeIntervalMs: 20,
      writesPerSecond: null,
      readsPerSecond: null,
      ttlSeconds: 20,
      loopWaitSeconds: 2,
      retryTimeoutSeconds: 3,
      isSynchronous: false,
      isFailsafe: false,
      wasChanged: false,
      proxyCheck: null,
    })
    const judged = [kind.type, 'anything'].map((fault) => {
      const how = 'other' as const
      const of = { part: 'patroni1', fault, role: 'leader', how, effects: [...kind.effects], text: '' }
      return faultCosts.of?.({ ...of, landedMs: 0, liftedMs: 9 }, settings, 60_000)
    })
    expect(judged[0]).toEqual(judged[1])
  })

  /** Words that faults share with what is no fault: Docker's own, kinds of outages, a column, the commands of keys. */
  const homonyms: Readonly<Record<string, readonly string[]>> = {
    stop: ['src/tui/bottom-bar.ts', 'src/tui/keys.ts', 'src/tui/on-lab.ts'],
    restart: ['src/tui/bottom-bar.ts', 'src/tui/keys.ts', 'src/tui/on-lab.ts'],
    kill: [
      'src/model/describe-docker.ts',
      'src/model/landing.ts',
      'src/tui/bottom-bar.ts',
      'src/tui/keys.ts',
      'src/tui/on-lab.ts',
    ],
    pause: [
      'src/model/describe-docker.ts',
      'src/model/landing.ts',
      'src/model/witness.ts',
      'src/systems/pair/promotions.ts',
      'src/tui/bottom-bar.ts',
      'src/tui/keys.ts',
      'src/tui/on-lab.ts',
    ],
    failover: [
      'src/systems/patroni/explain/dissect.ts',
      'src/systems/patroni/explain/outage-kind.ts',
      'src/systems/patroni/explain/shapes.ts',
      'src/systems/patroni/explain/tell-anatomy.ts',
      'src/systems/pair/explain/dissect.ts',
      'src/systems/pair/explain/shapes.ts',
      'src/systems/pair/explain/tell.ts',
      'src/report/summarise-outages.ts',
      'src/report/summary-schema.ts',
    ],
    memory: ['src/tui/panels/containers.ts'],
  }

  it('no name of the catalogue stands in model, report, metrics and screen, but for the keys that inject one', () => {
    const found = ['model', 'systems', 'report', 'metrics', 'words', 'draw', 'tui'].flatMap((room) =>
      filesIn(`src/${room}`).flatMap((file) => {
        const code = readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
        const names = faultKinds.map(({ type }) => type).filter((type) => new RegExp(`['"\`]${type}['"\`]`).test(code))
        return names.filter((name) => !homonyms[name]?.includes(file)).map((name) => `${file}: ${name}`)
      }),
    )
    expect(found).toEqual([])
  })
})

function filesIn(folder: string): readonly string[] {
  if (!existsSync(path.join(root, folder))) return []
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/(^|\/)faults\//.test(name))
    .map((name) => path.join(folder, name))
}
