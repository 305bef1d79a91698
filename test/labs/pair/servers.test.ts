import { describe, expect, it } from 'vitest'
import { forkIn } from '../../../labs/pair/proxy/servers.ts'

describe('where a timeline forked off', () => {
  it.each([
    ['is in the only line', '1\t0/3000148\tno recovery target specified\n', '0/3000148'],
    ['is in the last of several', '1\t0/3000148\tno recovery\n\n2\t1/A0000028\tno recovery\n', '1/A0000028'],
    ['is not known on the first timeline', '', null],
  ])('%s', (_name, history, fork) => expect(forkIn(history)).toBe(fork))
})
