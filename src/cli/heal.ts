import type { Progress } from '../docker/progress.ts'
import { removeStrays } from '../faults/network/leftovers.ts'
import type { World } from '../faults/world.ts'
import { compareLeftBaselines, forgetLeftBaselines } from '../lab/baseline-file.ts'
import { removeUnbegunClients } from '../lab/clients/left-clients.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import { journalFolder } from '../lab/journal-folder.ts'
import type { Lab } from '../lab/lab.ts'
import { findLeftBehind, healFound } from '../lab/left-behind.ts'
import { findUnderWay } from '../lab/under-way.ts'
import { attach } from './attach.ts'
import { tellStuck } from './heal-all.ts'
import { healLeftBehind } from './heal-left-behind.ts'
import type { GlobalOptions } from './options.ts'
import { terminalProgress } from './terminal-progress.ts'

/** Puts back everything that any run of the lab has changed and not put back, whether that run still goes on or not. */
export async function heal(options: GlobalOptions & { json?: true }): Promise<void> {
  const lab = await attach(options)
  const progress = terminalProgress()
  try {
    if (lab.world === null) throw new Error(`${options.lab}: ${NOTHING_TO_TOUCH}`)
    const { orphaned, held } = await findLeftBehind(lab.definition)
    for (const { pid } of held) progress.say(`process ${pid} still runs, and its faults are healed under it`)
    const { healed, stuck } = await healFound([...orphaned, ...held], lab.world, (entry) =>
      progress.say(`healing: ${entry.text}`),
    )
    if (options.json) console.log(JSON.stringify({ healed, stuck }, null, 2))
    else if (healed.length + stuck.length === 0) console.log('nothing to heal')
    else console.log(`${healed.length} healed, ${stuck.length} stuck`)
    for (const line of tellStuck(stuck)) console.error(line)
    // What another run looks with may be there for a moment, too.
    const isAlone = held.length === 0 && (await findUnderWay(lab.definition)).length === 0
    if (isAlone) await tidyUp(lab.world, progress)
    if (stuck.length === 0) await tellDifferences(lab, progress)
    process.exitCode = stuck.length > 0 ? 1 : 0
  } finally {
    await lab.close('heal')
  }
}

/** What a process that was killed had started to look at something; it holds nothing in force. */
async function tidyUp(world: World, progress: Progress): Promise<void> {
  // Where an engine does not answer, it stays, and doctor tells of it.
  const removals = [removeStrays, removeUnbegunClients].map(async (remove) => {
    return remove(world, AbortSignal.timeout(TIDY_MS)).catch(() => [])
  })
  for (const name of (await Promise.all(removals)).flat())
    progress.say(`removed the container ${name}, which a process that was killed had left`)
}

const TIDY_MS = 10_000

/** What is not as it was before the run that was killed; said once, as not all of it need be the run's doing. */
async function tellDifferences({ definition, world }: Lab, progress: Progress): Promise<void> {
  if (world === null) return
  const folder = journalFolder(definition)
  for (const text of await compareLeftBaselines(folder, world)) progress.say(`not as it was before: ${text}`)
  await forgetLeftBaselines(folder)
}

/** Heals what runs that were killed have left, and says so; before anything else is done to the lab. */
export async function healEarlier(lab: Lab, progress: Progress): Promise<void> {
  const { healed, stuck } = await healLeftBehind(lab, ({ text }) =>
    progress.say(`an earlier run left this; healing: ${text}`),
  )
  if (healed + stuck.length > 0) progress.say(`${healed} healed, ${stuck.length} stuck`)
  for (const line of tellStuck(stuck)) progress.say(line)
}
