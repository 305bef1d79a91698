import { describe, expect, it } from 'vitest'
import { type Case, cases, mend } from '../../../labs/sharded/experiment/cases.ts'
import type { Sixteen } from '../../../labs/sharded/experiment/lab.ts'
import { runCase } from '../../../labs/sharded/experiment/run.ts'

/** Sixteen databases that answer, without any: what is done to their containers is told. */
function fakeLab(deeds: string[], refused: readonly string[] = []): Sixteen {
  const lab: Partial<Sixteen> = {
    async docker(verb, service) {
      const deed = [...verb, service].join(' ')
      deeds.push(deed)
      if (refused.includes(deed)) throw new Error('not connected')
    },
    each: () => Promise.resolve([]),
  }
  return lab as Sixteen
}

describe('breaking one step', () => {
  it('is told of before anything is done, so that the next run can put it right', async () => {
    const deeds: string[] = []
    const one: Case = {
      name: 'a case',
      at: null,
      breaks: 'app',
      forMs: 0,
      async break() {
        deeds.push('break')
        throw new Error('killed here')
      },
    }
    const run = runCase(fakeLab(deeds), one, { protocol: 'two-phase', name: 'one' }, async (service) => {
      deeds.push(`breaks ${service}`)
    })
    await expect(run).rejects.toThrow('killed here')
    expect(deeds).toEqual(['breaks app', 'break'])
  })

  it.each(cases.map((one) => [one.name, one] as const))('%s names what it does something to', async (_, one) => {
    const deeds: string[] = []
    await one.break(Object.assign(fakeLab(deeds), { connect: async () => ({ query: async () => {} }) }) as never)
    const touched = deeds.map((deed) => deed.split(' ').at(-1))
    expect(touched.every((service) => service === one.breaks)).toBe(true)
    expect(touched.length > 0).toBe(one.breaks !== null)
  })

  it('is mended whatever was done: it runs, goes on, and is in its network', async () => {
    const deeds: string[] = []
    const lab = fakeLab(deeds, ['network disconnect sharded_sharded postgres_07'])
    await mend(lab, 'postgres_07')
    await mend(lab, 'app')
    expect(deeds.map((deed) => deed.replace(/ --alias .*(?= postgres_07$)/, ''))).toEqual([
      'network disconnect sharded_sharded postgres_07',
      'network connect postgres_07',
      'start postgres_07',
      'kill -s CONT postgres_07',
      'start app',
      'kill -s CONT app',
    ])
  })
})
