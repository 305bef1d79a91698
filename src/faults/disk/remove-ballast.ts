import { z } from 'zod'
import type { UndoKind } from '../fault.ts'
import { toolsImage } from '../network/side.ts'
import { BALLAST_PATTERN } from './ballast.ts'
import { formatBytes } from './format-bytes.ts'
import { runScript } from './survey.ts'

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
