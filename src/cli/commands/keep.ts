import { Argument, type Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../../model/units.ts'
import { completionScripts, type Shell, shells } from '../completion-scripts.ts'
import { json, out } from '../options.ts'
import type { RunsOptions } from '../runs.ts'

/** What looks after the runs that are kept, and after the shell. In the order of --help. */
export const keepCommands = [runsCommand, openCommand, completionCommand, completeCommand] as const

function runsCommand(program: Command): void {
  program
    .command('runs')
    .description('list the runs that are kept: when, on which lab, what, the verdict, the outage, what was lost')
    .addOption(out)
    .addOption(json)
    .option('--prune <age>', 'delete those that ended longer ago, e.g. 30d or 12h; says which, and asks', age)
    .option('--yes', 'delete them without asking')
    .action(async (options: RunsOptions) => (await import('../runs.ts')).runs(options))
}

const DAY_MS = 86_400_000

function age(text: string): number {
  const days = /^(\d+)\s*d$/.exec(text.trim())?.[1]
  const value = days === undefined ? parseDuration(text) : Number(days) * DAY_MS
  if (value === null || value === 0) throw new InvalidArgumentError('expected an age like 30d or 12h')
  return value
}

function openCommand(program: Command): void {
  program
    .command('open')
    .argument('[run]', 'the folder of a run, or of what chaoslab run has kept (default: the latest)')
    .addOption(out)
    .description('open the report of a run, and print where it is')
    .addHelpText('after', '\nWhere there is no desktop (no DISPLAY, no WAYLAND_DISPLAY), it is only printed.')
    .action(async (run: string | undefined, options: { out: string }) =>
      (await import('../open.ts')).openReport(run, options),
    )
}

function completionCommand(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .description(
      'print what a shell reads to complete commands, options, scenario files, faults, targets, runs and labs',
    )
    .action((shell: Shell) => console.log(completionScripts[shell]))
}

/** What those scripts ask. */
function completeCommand(program: Command): void {
  program
    .command('complete', { hidden: true })
    .argument('[words...]', 'what follows chaoslab in the command line, up to the cursor')
    .description('print what can stand under the cursor, a candidate a line')
    .action(async (words: string[]) => {
      const { complete } = await import('../completion.ts')
      for (const { word, about } of await complete(program, words)) {
        console.log(about === undefined ? word : `${word}\t${about}`)
      }
    })
}
