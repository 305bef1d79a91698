import { hadIts } from '../../model/predicate.ts'
import { FaultError, type FaultScope, type Landed } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { type Amount, addBallast, ballastPath, type Filled } from './ballast.ts'
import { formatBytes } from './format-bytes.ts'
import { refusalToFill } from './safety.ts'
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
  const neighbours = world.parts.filter((part) => part.kind !== 'proxy')
  const surveys = await Promise.all(
    neighbours.map(async ({ name, service }) => [name, await surveyDisk(service, world, signal)] as const),
  )
  for (const { name } of parts) {
    const survey = surveys.find(([of]) => of === name)?.[1]
    const plan = survey === undefined ? `${name} has no disk` : planFor(name, filling, survey)
    if (typeof plan === 'string') return plan
    const others = new Map(surveys.filter(([of]) => of !== name))
    const refusal = refusalToFill(name, bytesOf(plan), plan.disk, survey as DiskSurvey, others)
    if (refusal !== null) return refusal
  }
  return null
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
