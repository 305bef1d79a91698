import { describe, expect, it } from 'vitest'
import { waited } from '../../../labs/vectors/server/processor.ts'

const files = (all: Readonly<Record<string, string>>) => (file: string) => {
  const text = all[file]
  if (text === undefined) throw new Error('ENOENT')
  return text
}

describe('how long a server was kept waiting for a processor', () => {
  it('is what the kernel says', () => {
    const { waited_ms } = waited(files({ '/proc/self/schedstat': '14928089437 181367989754 46569\n' }))
    expect(waited_ms).toBeCloseTo(181_368, 0)
  })

  it.each([
    ['/sys/fs/cgroup/cpu.stat', 'usage_usec 5\nthrottled_usec 400000\n'],
    ['/sys/fs/cgroup/cpu/cpu.stat', 'nr_throttled 3\nthrottled_time 400000000\n'],
  ])('leaves out what a limit of its own has held back: %s', (file, text) => {
    const { waited_ms } = waited(files({ '/proc/self/schedstat': '1 500000000 1', [file]: text }))
    expect(waited_ms).toBe(100)
  })

  it('is not known where the kernel does not say', () => {
    expect(waited(files({})).waited_ms).toBe(null)
  })
})
