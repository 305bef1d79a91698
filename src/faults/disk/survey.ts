import { FaultError } from '../fault.ts'
import { SIDE_LABEL, toolsImage } from '../network/side.ts'
import type { World } from '../world.ts'

/** A file system that one of the volumes of a container lies on, where it is mounted there. Sizes in bytes. */
export interface FileSystem {
  readonly mount: string
  /** The kernel's number of the device: two mounts with the same one share their space. */
  readonly device: number
  /** ext4, xfs, tmpfs, … */
  readonly type: string
  readonly sizeBytes: number
  readonly usedBytes: number
  /** For those who are not root. */
  readonly freeBytes: number
}

export interface DiskSurvey {
  /** Where PostgreSQL's data lies; null when there is none (yet). */
  readonly dataFolder: string | null
  /** Where its WAL really lies, its links followed. */
  readonly walFolder: string | null
  readonly fileSystems: readonly FileSystem[]
  /** On which the engine keeps images and containers. */
  readonly engineDevice: number
  /** What the host's memory still holds: files of a tmpfs are in there. */
  readonly freeMemoryBytes: number
}

/**
 * Only mounts that can be written to are volumes with data. The engine lays /etc/hostname into every container from its
 * own folder, which tells on which device that is.
 */
export const SURVEY = `
while read -r _ _ _ _ mount _; do
  case $mount in / | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /etc/* | /limits) continue ;; esac
  [ -d "$mount" ] && [ -w "$mount" ] || continue
  echo "fs $mount $(stat -c %d "$mount") $(df -B1 --output=fstype,size,used,avail "$mount" | tail -n 1)"
  [ -n "$data" ] || data=$(find "$mount" -maxdepth 5 -name base -prune -o -path '*/global/pg_control' -print -quit)
done < /proc/self/mountinfo
data=\${data%/global/pg_control}
[ -z "$data" ] || echo "data $data"
[ -z "$data" ] || echo "wal $(realpath "$data/pg_wal")"
echo "engine $(stat -c %d /etc/hostname)"
while read -r name amount _; do [ "$name" != MemAvailable: ] || echo "memory $amount"; done < /proc/meminfo
`

/** Looks at the disks of a service's container, which need not run. @throws {FaultError} it could not be read */
export async function surveyDisk(service: string, world: World, signal: AbortSignal): Promise<DiskSurvey> {
  return parseSurvey(await runScript(service, [SURVEY], world, signal))
}

/** Runs `bash -c script` with arguments on the volumes of a service's container. @throws {FaultError} with what it said */
export async function runScript(
  service: string,
  [script, ...args]: readonly string[],
  world: World,
  signal: AbortSignal,
  { hasLimits = false }: { readonly hasLimits?: boolean } = {},
): Promise<string> {
  const command = ['bash', '-c', script as string, 'chaoslab', ...args]
  const options = { image: toolsImage(world), labels: { [SIDE_LABEL]: world.mark }, command, hasLimits }
  const { code, stdout, stderr } = await world.containers.runOnDisk(service, options, signal)
  if (code === 0) return stdout.trim()
  throw new FaultError(`on the volumes of ${service}: ${stderr.trim().split('\n').at(-1) || `exit code ${code}`}`)
}

export function parseSurvey(text: string): DiskSurvey {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const value = (name: string) => lines.find((line) => line[0] === name)?.[1] ?? null
  return {
    dataFolder: value('data'),
    walFolder: value('wal'),
    fileSystems: lines
      .filter((line) => line[0] === 'fs' && line.length === 7)
      .map(([, mount, device, type, size, used, free]) => ({
        mount: mount as string,
        device: Number(device),
        type: type as string,
        sizeBytes: Number(size),
        usedBytes: Number(used),
        freeBytes: Number(free),
      })),
    engineDevice: Number(value('engine') ?? Number.NaN),
    freeMemoryBytes: Number(value('memory') ?? 0) * 1024,
  }
}

/** The file system that a folder lies on: the one that is mounted closest above it. */
export function fileSystemOf(folder: string, { fileSystems }: DiskSurvey): FileSystem | null {
  const above = fileSystems.filter(({ mount }) => folder === mount || folder.startsWith(`${mount}/`))
  return above.toSorted((a, b) => b.mount.length - a.mount.length)[0] ?? null
}
