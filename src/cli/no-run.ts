import { existsSync } from 'node:fs'
import { EVENTS_FILE, isRun, keptIn, runsIn } from '../lab/run-folder.ts'

/** Why a folder is none of a run, and what to name instead. */
export function noRun(folder: string): string {
  if (!existsSync(folder)) return `${folder} does not exist; chaoslab runs lists the runs that are kept`
  const latest = keptIn(folder)
    .flatMap((each) => (isRun(each) ? [each] : runsIn(each)))
    .at(-1)
  if (latest !== undefined) return `${folder} holds runs: name one of them; the latest is ${latest}`
  return `${folder} is no folder of a run (it has no ${EVENTS_FILE}); chaoslab runs lists those that are kept`
}
