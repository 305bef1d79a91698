import { type Recording, readRecording } from '../log/recording.ts'
import type { LabEvent } from '../model/events.ts'
import { systemOf } from './systems.ts'

/** The events of a recorded run, each as this version would have written it: also what only its system knows. */
export function readRun(file: string): Recording {
  return readRecording(file, () => {
    let system = systemOf(null)
    return (event: LabEvent) => {
      if (event.type === 'run.started') system = systemOf(event.lab)
      return system.asToday?.(event) ?? event
    }
  })
}
