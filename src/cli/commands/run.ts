import { type Command, InvalidArgumentError } from 'commander'
import {
  clientOptions,
  duration,
  json,
  junit,
  metricsListen,
  noMetrics,
  out,
  runOptions,
  withOptions,
  workload,
} from '../options.ts'

/** What is done to a cluster, and the screen on it. In the order of --help. */
export const runCommands = [uiCommand, trafficCommand, runCommand, injectCommand, faultsCommand, healCommand] as const

function uiCommand(program: Command): void {
  const command = withOptions(program.command('ui'), [...clientOptions, workload])
    .description('open the screen on a cluster that runs')
    .option('--no-traffic', 'begin with the traffic off')
  withOptions(command, runOptions).action(async (_options, command: Command) =>
    (await import('../ui.ts')).ui(command.optsWithGlobals()),
  )
}

function trafficCommand(program: Command): void {
  const command = withOptions(program.command('traffic'), [...clientOptions, workload])
    .description('read and write as clients do, without a screen: a line a second, totals at the end')
    .option('--for <duration>', 'stop after this long, e.g. 30s or 5m (default: until Ctrl-C)', duration)
  withOptions(command, runOptions).action(async (_options, command: Command) =>
    (await import('../traffic.ts')).traffic(command.optsWithGlobals()),
  )
}

function runCommand(program: Command): void {
  program
    .command('run')
    .argument('[files...]', 'scenario files')
    .option('--tag <tag>', 'run only those of the files that have this tag')
    .option('--random', 'random faults instead of files, healed one after the other; the draw is saved as a scenario')
    .option('--for <duration>', 'with --random: about how long it takes (default: 10m)', duration)
    .option('--trials <count>', 'how often each scenario is run (default: as its repeat: says)', count)
    .option(
      '--seed <seed>',
      'what is random is the same for the same seed (default: as the scenario says, else another one each time)',
    )
    .addOption(out)
    .option('--json', 'print the results as JSON')
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

function injectCommand(program: Command): void {
  program
    .command('inject')
    .argument('<fault>', 'which one; chaoslab faults lists all')
    .argument('<target>', 'leader, replica, etcd-leader, patroni2, random(of: replicas, count: 2), …')
    .argument('[settings...]', 'NAME=VALUE of the fault; where several values fit, with commas between them')
    .option('--for <duration>', 'heal it after this long, e.g. 30s (default: until Ctrl-C)', duration)
    .option('--seed <seed>', 'random targets are the same for the same seed')
    .description('inject one fault, hold it, and heal it')
    .action(async (fault: string, target: string, settings: string[], _options, command: Command) =>
      (await import('../inject.ts')).inject(fault, target, settings, command.optsWithGlobals()),
    )
}

function faultsCommand(program: Command): void {
  program
    .command('faults')
    .addOption(json)
    .description('list every fault that can be injected, with its settings')
    .action(async (options: { json?: true }) => (await import('../faults.ts')).faults(options))
}

function healCommand(program: Command): void {
  program
    .command('heal')
    .description('put back everything that any run has changed in the cluster and not put back')
    .addOption(json)
    .action(async (_options, command: Command) => (await import('../heal.ts')).heal(command.optsWithGlobals()))
}
