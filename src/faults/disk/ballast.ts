import { z } from 'zod'
import type { FaultScope, UndoKind } from '../fault.ts'
import { toolsImage } from '../network/side.ts'
import type { Part } from '../part.ts'
import { formatBytes } from './format-bytes.ts'
import { type DiskSurvey, parseSurvey, runScript, SURVEY } from './survey.ts'

/** PostgreSQL takes no base backup of names that begin so, and pg_rewind does not copy them (PostgreSQL 17, basebackup.c). */
const PREFIX = 'pgsql_tmp.chaoslab-'

/** Where the ballast of a fault lies on a mount, beside PostgreSQL's own folders. */
export function ballastPath(mount: string, faultId: string): string {
  return `${mount}/${PREFIX}${faultId}`
}

/** A path that {@link ballastPath} makes, and nothing that a shell or `..` could make more of. */
const BALLAST_PATTERN = /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+\/pgsql_tmp\.chaoslab-[A-Za-z0-9-]+$/

const KEEP_FULL_EVERY_MS = 5_000

/** How much to write: so many bytes, or `all` that is free, and again what becomes free later. */
export type Amount = number | 'all'

export interface Filled {
  readonly survey: DiskSurvey
  /** What the owner of the folder is told when he writes to it; null when he can. */
  readonly refusal: string | null
}

/**
 * Takes space on the volume of `folder` away with a file; what removes it is deferred first.
 * @returns what is left, and what becomes of a write to the folder by its owner
 * @throws {FaultError} it did not work
 */
export async function addBallast(
  { service }: Part,
  { file, folder, amount }: { readonly file: string; readonly folder: string; readonly amount: Amount },
  scope: FaultScope,
  signal: AbortSignal,
): Promise<Filled> {
  const { world } = scope
  await scope.defer({ type: 'remove-ballast', params: { service, file } })
  // One container for all: starting it is what takes the time.
  const script = `umask 077; : > "$1" || exit; (${GROW}\n) || exit\n${SURVEY}\n${PROBE}`
  const said = await runScript(service, [script, file, String(amount), folder], world, signal)
  if (amount === 'all') {
    scope.repeat(KEEP_FULL_EVERY_MS, async (stop) => {
      await runScript(service, [GROW, file, 'all'], world, stop)
    })
  }
  return { survey: parseSurvey(said), refusal: /^writing (?!done)(.+)$/m.exec(said)?.[1] ?? null }
}

/**
 * Grows the file that is there, and never makes one: it may just have been removed, and then must stay so. Others take
 * and give back space meanwhile, which is why `all` takes several turns, and leaves the last MiB to small steps.
 */
const GROW = `
exec 3< "$1" || exit 0
file=/proc/self/fd/3
grow() {
  fallocate -o "$(stat -L -c %s $file)" -l "$(($1 / 4096 * 4096))" $file 2>/dev/null ||
    dd if=/dev/zero of=$file oflag=append conv=nocreat,notrunc bs=4k count="$(($1 / 4096))" 2>/dev/null
}
[ "$2" = all ] || { grow "$2"; exit; }
for turn in 1 2 3 4 5 6 7 8; do
  free=$(df -B1 --output=avail "\${1%/*}" | tail -n 1)
  [ "$free" -ge 4096 ] || break
  if [ "$free" -gt 2097152 ]; then grow $((free - 1048576)); else grow $((free + 65536)); fi
done
exit 0`

const PROBE = `
probe="$3/pgsql_tmp.chaoslab-probe"
trap 'rm -f "$probe"' EXIT
said=$(LC_ALL=C setpriv --reuid="$(stat -c %u "$3")" --regid="$(stat -c %g "$3")" --clear-groups \\
  dd if=/dev/zero of="$probe" bs=64k count=1 conv=fsync 2>&1) && said=done
echo "writing $(echo "$said" | head -n 1)"`

const schema = z.strictObject({
  service: z.string(),
  /** Where it is in the container. */
  file: z.string().regex(BALLAST_PATTERN),
})

/** Removes the file that takes the space away. It is in a volume, so it is removed of a container that does not run too. */
export const removeBallast: UndoKind<z.output<typeof schema>> = {
  type: 'remove-ballast',
  schema,
  async perform({ service, file }, world, signal) {
    await runScript(service, ['rm -f -- "$1"', file], world, signal)
  },
  async remains({ service, file }, world, signal) {
    const size = await runScript(service, ['[ ! -e "$1" ] || stat -c %s "$1"', file], world, signal)
    return size === '' ? null : `${file} of ${service} still takes ${formatBytes(Number(size))}`
  },
  byHand({ service, file }, world) {
    const name = world.containers.commandFor('stop', service).split(' ').at(-1)
    return `docker run --rm --user root --volumes-from ${name} ${toolsImage(world)} rm -f ${file}`
  },
}
