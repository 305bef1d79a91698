import { existsSync } from 'node:fs'
import path from 'node:path'
import { EVENTS_FILE } from '../lab/lab.ts'
import { type Recording, readRecording } from '../log/recording.ts'

/**
 * The recorded events of a run.
 * @throws when the folder is none of a run
 */
export function openRun(folder: string): Recording {
  const file = path.join(folder, EVENTS_FILE)
  if (!existsSync(file)) throw new Error(`${folder} is no folder of a run: it has no ${EVENTS_FILE}`)
  return readRecording(file)
}
