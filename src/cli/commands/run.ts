import { type Command, InvalidArgumentError } from 'commander'
import { duration, junit, metricsListen, noMetrics, out } from '../options.ts'

export function runCommand(program: Command): void {
  program
    .command('run')
    .argument('[files...]', 'scenario files')
    .option('--tag <tag>', 'only those of the files that have this tag')
    .option('--random', 'random faults instead of files, healed one after the other; the draw is saved as a scenario')
    .option('--for <duration>', 'about how long the random faults take (default: 10m)', duration)
    .option('--trials <count>', 'how often each is run, instead of what it says itself', count)
    .option('--seed <seed>', 'what chance is drawn from, instead of what each says itself')
    .addOption(out)
    .option('--json', 'the results as JSON on standard output')
    .addOption(junit)
    .option(
      '--openmetrics',
      "keep each run's metrics of every second, for promtool tsdb create-blocks-from openmetrics",
    )
    .option('--dry-run', 'say what would be done and what would remain, and do nothing')
    .addOption(metricsListen)
    .addOption(noMetrics)
    .description('run scenarios and judge them: exit code 0 pass, 1 fail, 2 could not be run or cannot be told')
    .action(async (files: string[], _options, command: Command) =>
      (await import('../run.ts')).run(files, command.optsWithGlobals()),
    )
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1_000)
    throw new InvalidArgumentError('expected a count from 1 to 1000')
  return value
}
