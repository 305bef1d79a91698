import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A folder of its own; it goes when the run of the tests ends, with all that is in it. */
export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'chaoslab-'))
}
