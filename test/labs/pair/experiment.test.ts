import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readExperiment } from '../../../labs/pair/experiment/options.ts'
import { plot } from '../../../labs/pair/experiment/plot.ts'

describe('the experiment', () => {
  it('is the seed’s by default: ten inserts a second for ten seconds, and the primary is stopped', () => {
    expect(readExperiment([])).toMatchObject({ inserts: 100, perSecond: 10, fault: 'docker stop my_primary' })
  })

  it.each([
    [['--rate', 'many'], 'expected a number from 1 to 3600'],
    [['--hlod', '3'], "unknown option '--hlod'"],
    [['--out'], "'--out <folder>' argument missing"],
  ])('says what is wrong with its options: %j', (args, problem) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    onTestFinished(() => said.mockRestore())
    expect(() => readExperiment(args)).toThrow(problem)
    expect(said.mock.calls.join('')).toContain(problem)
  })

  it('draws both curves; a server that could not be asked lies below zero', () => {
    const samples = [0, 1, 2].map((atSeconds) => ({
      atSeconds,
      rows: { my_primary: atSeconds === 2 ? -1 : 10 * atSeconds, my_standby: 10 * atSeconds },
    }))
    const svg = plot(samples, [{ atSeconds: 1, text: 'docker stop <it>' }], 'Rows')
    const heights = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) =>
      points.split(' ').map((point) => Number(point.split(',')[1])),
    )
    const [primary = [], standby = []] = heights
    expect(primary.slice(0, 2)).toEqual(standby.slice(0, 2))
    expect(primary[2]).toBeGreaterThan(primary[0] as number)
    expect(standby[2]).toBeLessThan(standby[1] as number)
    expect(svg).toContain('docker stop &#60;it&#62;')
  })
})
