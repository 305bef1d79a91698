import type { World } from '../world.ts'
import { runScript, SURVEY } from './survey.ts'

/*
 * The bandwidth that a control group may use of one device: `blkio.throttle.*_bps_device` of version 1 (kernel,
 * cgroup-v1/blkio-controller.rst), `io.max` of version 2 (cgroup-v2.rst). The engine of Docker cannot change it for a
 * container that runs. It ends with the container, as its control group does.
 */

/** The whole disk that the WAL lies on, `254:0`. A file system that is on no disk, as a tmpfs, says so. */
const DEVICE = `
[ -n "$data" ] || { echo 'there is no PostgreSQL data in a volume at this moment' >&2; exit 1; }
number=$(stat -L -c %d "$data/pg_wal")
device=$(((number >> 8) & 0xfff)):$(((number & 0xff) | ((number >> 12) & 0xfff00)))
[ -e "/sys/dev/block/$device" ] || { echo "its data is on no disk ($(stat -L -f -c %T "$data/pg_wal"))" >&2; exit 1; }
[ ! -e "/sys/dev/block/$device/partition" ] || device=$(cat "/sys/dev/block/$device/../dev")
echo "device $device"`

const VERSION = `
if [ -e /limits/io.max ]; then version=2
elif [ -e /limits/blkio.throttle.write_bps_device ]; then version=1
else echo "the Docker host's kernel limits no disks (CONFIG_BLK_DEV_THROTTLING)" >&2; exit 1; fi`

/** Version 1 takes 0 for no limit, version 2 `max`. */
const SET = `
if [ $version = 2 ] && [ $limit = 0 ]; then limit=max; fi
if [ $version = 2 ]; then echo "$device rbps=$limit wbps=$limit" > /limits/io.max || exit
else for way in read write; do echo "$device $limit" > /limits/blkio.throttle.\${way}_bps_device || exit; done; fi`

const READ = `
if [ $version = 2 ]; then sed -n "/bps=[0-9]/s/^$device /limit $device /p" /limits/io.max
else for way in read write; do sed -n "s/^$device /limit $device $way /p" /limits/blkio.throttle.\${way}_bps_device; done; fi`

interface DiskLimit {
  readonly device: string
  /** As the kernel writes it, `254:0 read 262144, 254:0 write 262144`; empty when nothing limits it. */
  readonly limit: string
}

/** The disk of a container that runs, and what limits it. @throws {FaultError} it cannot be limited: why */
export async function findDisk(service: string, world: World, signal: AbortSignal): Promise<DiskLimit> {
  const said = await onDisk(service, [`${SURVEY}${DEVICE}${VERSION}${READ}`], world, signal)
  return { device: /^device (\S+)$/m.exec(said)?.[1] ?? '', limit: limitIn(said) }
}

/**
 * Limits reading and writing, each.
 * @param bytesPerSecond null: no limit
 * @returns the limit then, as in {@link DiskLimit}
 */
export async function setDiskLimit(
  service: string,
  device: string,
  bytesPerSecond: number | null,
  world: World,
  signal: AbortSignal,
): Promise<string> {
  const script = `device=$1 limit=$2${VERSION}${SET}${READ}`
  return limitIn(await onDisk(service, [script, device, String(bytesPerSecond ?? 0)], world, signal))
}

/** What limits the device, as in {@link DiskLimit}. */
export async function readDiskLimit(
  service: string,
  device: string,
  world: World,
  signal: AbortSignal,
): Promise<string> {
  return limitIn(await onDisk(service, [`device=$1${VERSION}${READ}`, device], world, signal))
}

function onDisk(service: string, script: readonly string[], world: World, signal: AbortSignal): Promise<string> {
  return runScript(service, script, world, signal, { hasLimits: true })
}

function limitIn(said: string): string {
  return [...said.matchAll(/^limit (.+)$/gm)].map((line) => line[1]).join(', ')
}
