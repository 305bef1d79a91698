import { hadIts } from '../../model/predicate.ts'
import { FaultError, type FaultScope, type Landed } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { type Amount, addBallast, ballastPath, type Filled } from './ballast.ts'
import { formatBytes } from './format-bytes.ts'
import { leavesEnough, refusalToFill } from './safety.ts'
import { type DiskSurvey, type FileSystem, fileSystemOf, surveyDisk } from './survey.ts'

/** What of a node is to be filled, and how far. */
interface Filling {
  readonly what: 'data' | 'wal'
  /** Of the whole, with what is in it already; 100 is to the last byte. */
  readonly percent: number
}

/** Why the disks of these parts cannot, or must not, be filled; null when they can. Nothing is changed. */
export async function refusalToFillDisks(
  filling: Filling,
  parts: readonly Part[],
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  for (const part of parts) {
    const survey = await surveyDisk(part.service, world, signal)
    const plan = planFor(part.name, filling, survey)
    if (typeof plan === 'string') return plan
    const refused = (others: ReadonlyMap<string, DiskSurvey>) => {
      return refusalToFill(part.name, bytesOf(plan), plan.disk, survey, others)
    }
    const refusal = refused(new Map())
    if (refusal !== null) return refusal
    if (leavesEnough(bytesOf(plan), plan.disk)) continue
    const beside = refused(await surveyBeside(part, plan.disk, world, signal))
    if (beside !== null) return beside
  }
  return null
}

/**
 * Those parts that may have the same file system: each is looked at by a container of its own, so one after the other, and
 * as few as possible, as that takes processors from all. A volume in memory is nobody else's unless it is mounted there.
 */
async function surveyBeside(
  { name, service }: Part,
  { mount, type }: FileSystem,
  world: World,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DiskSurvey>> {
  const volumesOf = async (of: string) => (await world.containers.facts(of, signal)).volumes
  const volume = Object.entries(await volumesOf(service)).find(([, place]) => place === mount)?.[0]
  const surveys = new Map<string, DiskSurvey>()
  for (const other of world.parts) {
    if (other.name === name || other.kind === 'proxy') continue
    const isElsewhere = type === 'tmpfs' && volume !== undefined && !(volume in (await volumesOf(other.service)))
    if (!isElsewhere) surveys.set(other.name, await surveyDisk(other.service, world, signal))
  }
  return surveys
}

/** Fills them, and has PostgreSQL's own user try to write. @throws {FaultError} there is still room */
export async function fillDisks(
  filling: Filling,
  parts: readonly Part[],
  scope: FaultScope,
  signal: AbortSignal,
): Promise<Landed> {
  const proofs = await Promise.all(
    parts.map(async (part) => {
      const plan = planFor(part.name, filling, await surveyDisk(part.service, scope.world, signal))
      if (typeof plan === 'string') throw new FaultError(plan)
      const file = ballastPath(plan.disk.mount, scope.id)
      return prove(part, filling, plan, await addBallast(part, { ...plan, file }, scope, signal))
    }),
  )
  const name = filling.what === 'wal' ? 'WAL disk' : 'data disk'
  return { ...hadIts(`${name} filled to ${filling.percent} %`), proof: proofs.join('; ') }
}

interface Plan {
  readonly folder: string
  readonly disk: FileSystem
  readonly amount: Amount
}

function planFor(node: string, { what, percent }: Filling, survey: DiskSurvey): Plan | string {
  const folder = what === 'wal' ? survey.walFolder : survey.dataFolder
  if (folder === null) return `${node} has no PostgreSQL data in a volume at this moment`
  const disk = fileSystemOf(folder, survey)
  if (disk === null) return `${folder} of ${node} is not in a volume: filling it would fill Docker's own data`
  if (percent === 100) return { folder, disk, amount: 'all' }
  const wholeBytes = disk.usedBytes + disk.freeBytes
  const bytes = Math.ceil((wholeBytes * percent) / 100 - disk.usedBytes)
  if (bytes < 4096) return `${disk.mount} of ${node} is filled to ${usedPercent(disk)} % already`
  return { folder, disk, amount: bytes }
}

function bytesOf({ amount, disk }: Plan): number {
  return amount === 'all' ? disk.freeBytes : amount
}

function prove({ name }: Part, { percent }: Filling, { disk }: Plan, { survey, refusal }: Filled): string {
  const now = survey.fileSystems.find((each) => each.mount === disk.mount)
  if (now === undefined) throw new FaultError(`${disk.mount} of ${name} is gone`)
  const told = `df ${disk.mount} of ${name}: ${usedPercent(now)} % of ${formatBytes(now.sizeBytes)} used`
  if (percent === 100) {
    if (refusal === null) throw new FaultError(`${told}, and it can still be written to`)
    return `${told}; ${refusal}`
  }
  // PostgreSQL itself writes and removes meanwhile.
  if (usedPercent(now) < percent - 2) throw new FaultError(`${told}, not ${percent} %`)
  return told
}

function usedPercent({ usedBytes, freeBytes }: FileSystem): number {
  return Math.round((usedBytes / (usedBytes + freeBytes)) * 100)
}
