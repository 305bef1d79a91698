import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ShardMap } from './map.ts'

/** Whoever keeps the map does not answer. */
export class MapAway extends Error {
  readonly code = 'MAP_AWAY'
}

/** Where gateways keep the map, and find it again. */
export interface MapStore {
  /** Null when there is none yet. Rejects when it cannot be read, with {@link MapAway} where nobody answers. */
  read(): Promise<ShardMap | null>
  /**
   * Writes the map if the version that is there is the one before it.
   * Rejects when it is not known whether it was written.
   */
  swap(map: ShardMap): Promise<boolean>
}

/** Changes the map, again and again until nobody else has changed it meanwhile; a change to null gives up. */
export async function updateMap(
  store: MapStore,
  change: (map: ShardMap) => ShardMap | null,
): Promise<{ readonly map: ShardMap | null; readonly isChanged: boolean }> {
  for (;;) {
    const map = await store.read()
    if (map === null) return { map, isChanged: false }
    const changed = change(map)
    if (changed === null || changed === map) return { map, isChanged: false }
    const next = { ...changed, version: map.version + 1 }
    if (await store.swap(next)) return { map: next, isChanged: true }
  }
}

/** For one gateway, or tests of several in one process. */
export function memoryMapStore(first: ShardMap | null = null): MapStore {
  let kept = first
  return {
    read: async () => kept,
    swap: async (map) => {
      if ((kept?.version ?? 0) !== map.version - 1) return false
      kept = map
      return true
    },
  }
}

/** For one gateway: a file that is there whole or not at all. */
export function fileMapStore(file: string): MapStore {
  let kept: ShardMap | null = null
  try {
    kept = JSON.parse(readFileSync(file, 'utf8')) as ShardMap
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const memory = memoryMapStore(kept)
  return {
    read: memory.read,
    swap: async (map) => {
      if ((await memory.read())?.version !== map.version - 1 && map.version !== 1) return false
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(`${file}.new`, JSON.stringify(map), { flush: true })
      renameSync(`${file}.new`, file)
      return memory.swap(map)
    },
  }
}
