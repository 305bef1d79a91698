import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { EVENTS_FILE } from '../lab/lab.ts'
import type { Recording } from '../log/recording.ts'
import type { RunStarted } from '../model/events.ts'
import { readRun } from '../systems/read-run.ts'
import type { Workload } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD, findWorkload } from '../workloads/workloads.ts'

/** Whether a folder is that of one run. */
export function isRun(folder: string): boolean {
  return existsSync(path.join(folder, EVENTS_FILE))
}

/** The folders of runs right below a folder, oldest first: those that `chaoslab run` keeps together, or all of them. */
export function runsIn(folder: string): readonly string[] {
  const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : []
  return names.map((name) => path.join(folder, name)).filter(isRun)
}

/**
 * The recorded events of a run.
 * @throws when the folder is none of a run
 */
export function openRun(folder: string): Recording {
  const file = path.join(folder, EVENTS_FILE)
  if (!isRun(folder)) throw new Error(noRun(folder))
  return readRun(file)
}

/** The type of the workload that a run began with. */
export async function recordedWorkload(events: Recording): Promise<string> {
  for await (const event of events) return event.type === 'run.started' ? startedWith(event) : DEFAULT_WORKLOAD
  return DEFAULT_WORKLOAD
}

/** As its first event tells. */
export function startedWith({ workload = DEFAULT_WORKLOAD }: Pick<RunStarted, 'workload'>): string {
  return workload
}

/** @throws {Error} when this version knows no such workload */
export function workloadOfRun(run: string, type: string): Workload {
  const workload = findWorkload(type)
  if (workload !== null) return workload
  throw new Error(`${run} is of the workload ${type}, which this version does not know`)
}

function noRun(folder: string): string {
  const what = `${folder} is no folder of a run`
  if (!existsSync(folder)) return `${what}: it does not exist (runs are kept under runs, or where --out said)`
  const latest = runsIn(folder).at(-1)
  return `${what}: it has no ${EVENTS_FILE}${latest === undefined ? '' : `; the latest run in it is ${latest}`}`
}
