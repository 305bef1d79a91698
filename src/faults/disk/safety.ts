import { formatBytes } from './format-bytes.ts'
import type { DiskSurvey, FileSystem } from './survey.ts'

const GIB = 2 ** 30

/**
 * Whose space would go with it, were this file system filled: the engine's own, other parts'; null when it is the
 * node's alone.
 */
function sharedWith(
  { device }: FileSystem,
  { engineDevice }: DiskSurvey,
  others: ReadonlyMap<string, DiskSurvey>,
): string | null {
  const parts = [...others].filter(([, survey]) => survey.fileSystems.some((each) => each.device === device))
  const names = [...(device === engineDevice ? ["Docker's own data"] : []), ...parts.map(([name]) => name)]
  return names.length === 0 ? null : names.join(', ')
}

/** Whether so much may be written to it whoever else has it. */
export function leavesEnough(ballastBytes: number, disk: FileSystem): boolean {
  return disk.freeBytes - ballastBytes >= safeMarginBytes(disk)
}

/** What must stay free of a file system that others need too: 5 GiB or a tenth, whichever is more. */
function safeMarginBytes({ sizeBytes }: FileSystem): number {
  return Math.max(5 * GIB, sizeBytes / 10)
}

/** Why so much must not be written to it; null when it may. */
export function refusalToFill(
  node: string,
  ballastBytes: number,
  disk: FileSystem,
  survey: DiskSurvey,
  others: ReadonlyMap<string, DiskSurvey>,
): string | null {
  const shared = sharedWith(disk, survey, others)
  const margin = safeMarginBytes(disk)
  if (shared !== null && !leavesEnough(ballastBytes, disk)) {
    return (
      `the volume of ${node} (${disk.mount}) shares its disk with ${shared}, of which ${formatBytes(margin)} must stay ` +
      'free: give the node a volume with a size of its own, as chaoslab up --lab hw3/lab-bounded.yaml does'
    )
  }
  if (disk.type === 'tmpfs' && ballastBytes > survey.freeMemoryBytes / 2) {
    return `${disk.mount} of ${node} is in memory, of which only ${formatBytes(survey.freeMemoryBytes)} are left on the Docker host`
  }
  return null
}
