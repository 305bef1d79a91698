import type { Stores } from '../node.ts'
import { MemoryStore } from './memory-store.ts'

export function memoryStores(newIncarnation: () => string): Stores {
  return {
    open: async () => new MemoryStore(newIncarnation()),
    keys: async () => [],
    drop: async () => {},
    close: async () => {},
  }
}
