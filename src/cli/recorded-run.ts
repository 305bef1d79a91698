import path from 'node:path'
import { type RecordedSystem, systemsOf } from '../lab/past-run.ts'
import { EVENTS_FILE, isRun } from '../lab/run-folder.ts'
import { type Recording, RecordingError } from '../log/recording.ts'
import { readRun } from '../systems/read-run.ts'
import type { Workload } from '../workloads/workload.ts'
import { findWorkload } from '../workloads/workloads.ts'
import { noRun } from './no-run.ts'

/**
 * The recorded events of a run.
 * @throws when the folder is none of a run
 */
export function openRun(folder: string): Recording {
  const file = path.join(folder, EVENTS_FILE)
  if (!isRun(folder)) throw new Error(noRun(folder))
  return readRun(file)
}

/** The systems of a recorded run, as its first event tells; of one that begins with damage, as of a lab of one. */
export async function recordedSystems(run: string, events: Recording): Promise<readonly RecordedSystem[]> {
  try {
    for await (const event of events) return systemsOf(run, event.type === 'run.started' ? event : undefined)
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error
  }
  return systemsOf(run)
}

/** @throws {Error} when this version knows no such workload */
export function workloadOfRun(run: string, type: string): Workload {
  const workload = findWorkload(type)
  if (workload !== null) return workload
  throw new Error(`${run} is of the workload ${type}, which this version does not know`)
}
