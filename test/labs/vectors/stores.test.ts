import { describe, it } from 'vitest'
import { MemoryStore } from '../../../labs/vectors/server/store/memory-store.ts'
import { compareStores } from './compare-stores.ts'

describe('a store in memory', () => {
  it.each([1, 2, 3])('answers the same for the same log, and as a copy of another: seed %i', (seed) =>
    compareStores(new MemoryStore('a'), new MemoryStore('b'), seed),
  )
})
