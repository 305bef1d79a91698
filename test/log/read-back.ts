import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach } from 'vitest'
import type { LabEvent } from '../../src/model/events.ts'
import { newFolder } from '../new-folder.ts'

/** What `reader` makes of a recording of these events, ten milliseconds apart. */
export function readBack(reader: (file: string) => AsyncIterable<LabEvent>) {
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  return async (...bodies: readonly object[]): Promise<LabEvent[]> => {
    const file = path.join(folder, 'events.ndjson')
    const lines = bodies.map((body, index) => JSON.stringify({ seq: index + 1, atMs: 10 * (index + 1), ...body }))
    await writeFile(file, `${lines.join('\n')}\n`)
    const events: LabEvent[] = []
    for await (const event of reader(file)) events.push(event)
    return events
  }
}
