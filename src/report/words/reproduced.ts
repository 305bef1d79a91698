import { formatClock } from '../../model/units.ts'
import type { Summary } from '../summary-schema.ts'

/** What can be done with the recording, and what was done to the lab: as commands. */
export function reproduced({ injections }: Summary, folder: string) {
  return {
    commands: [
      `chaoslab report ${folder}                    # write this report again`,
      `chaoslab replay ${folder} --speed 8          # watch the run again`,
      `chaoslab export ${folder} --format csv       # every write with its outcome`,
    ],
    byHand: injections.flatMap(({ byHand, requestedMs }) =>
      byHand.map((command) => `${command}    # at ${formatClock(requestedMs)}`),
    ),
  }
}
