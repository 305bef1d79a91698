import type { Command } from 'commander'
import { nearest } from '../../model/did-you-mean.ts'
import {
  endpoints,
  metricsListen,
  noMetrics,
  noRecord,
  out,
  preset,
  proxies,
  reads,
  switchLab,
  writes,
} from '../options.ts'

/** What runs without a command; so whatever is no command ends up here, too. */
export function startCommand(program: Command): void {
  program
    .command('start', { isDefault: true, hidden: true })
    .description('bring the cluster up and open the screen; without a terminal, run the first experiment')
    .addOption(preset)
    .addOption(proxies)
    .addOption(switchLab)
    .addOption(writes)
    .addOption(reads)
    .addOption(endpoints)
    .addOption(out)
    .addOption(noRecord)
    .addOption(metricsListen)
    .addOption(noMetrics)
    .allowExcessArguments()
    .action(async (_options, command: Command) => {
      if (command.args[0] !== undefined) throw new Error(noSuchCommand(command.args[0], program))
      await (await import('../start.ts')).start(command.optsWithGlobals())
    })
}

function noSuchCommand(word: string, { commands }: Command): string {
  const meant = nearest(
    word,
    commands.map((command) => command.name()),
  )
  return `no such command: ${word}${meant === null ? '' : `; did you mean ${meant}?`} (--help shows what there is)`
}
