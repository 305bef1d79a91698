import { describe, expect, it } from 'vitest'
import { GatewayWaits } from '../../../src/workloads/vectors/gateway-waits.ts'
import { SearchBook } from '../../../src/workloads/vectors/searches.ts'

const seen = (tookMs: number, waitedMs: number | null) => {
  const times = { sentMs: 100, answeredMs: 100 + tookMs }
  return { n: 1, asked: [0], isExact: true, isMarked: false, matches: [], waitedMs, ...times }
}
const whole = { recall: 1, missing: [] }

describe('a search that is answered after its deadline', () => {
  it.each([
    ['by itself', null, { late: 1, starved: 0 }],
    ['by more than its gateway had to wait for a processor', 300, { late: 1, starved: 0 }],
    ['by no more than its gateway had to wait for a processor', 900, { late: 0, starved: 1 }],
  ])('%s is counted as such', (_, waitedMs, expected) => {
    const book = new SearchBook(1_000)
    book.add(seen(2_000, waitedMs), whole)
    book.add(seen(1_400, 0), whole)
    expect(book.counts()).toMatchObject({ judged: 2, ...expected })
  })
})

describe('how long a gateway was kept waiting while something was asked of it', () => {
  it('is counted from its last answer before', () => {
    const waits = new GatewayWaits()
    const first = waits.begin({ server: 'a' })
    expect(first.answer({ waitedMs: 100 })).toBe(null)
    const [second, third, other] = [
      waits.begin({ server: 'a' }),
      waits.begin({ server: 'a' }),
      waits.begin({ server: 'b' }),
    ]
    expect(second.answer({ waitedMs: 140 })).toBe(40)
    expect(third.answer({ waitedMs: 150 })).toBe(50)
    expect(other.answer({ waitedMs: 7 })).toBe(null)
  })

  it('is not known of one that does not say, or was started again', () => {
    const waits = new GatewayWaits()
    waits.begin({ server: 'a' }).answer({ waitedMs: 100 })
    expect(waits.begin({ server: 'a' }).answer({ waitedMs: null })).toBe(null)
    expect(waits.begin({ server: 'a' }).answer({ waitedMs: 3 })).toBe(null)
  })
})
