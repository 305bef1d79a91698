import { type Command, InvalidArgumentError } from 'commander'
import {
  duration,
  endpoints,
  json,
  junit,
  metricsListen,
  noMetrics,
  noRecord,
  out,
  pipeline,
  reads,
  workload,
  writes,
} from '../options.ts'

/** What is done to a cluster, and the screen on it. In the order of --help. */
export const runCommands = [uiCommand, trafficCommand, runCommand, injectCommand, faultsCommand, healCommand] as const

function uiCommand(program: Command): void {
  program
    .command('ui')
    .description('open the screen on a cluster that runs')
    .addOption(writes)
    .addOption(reads)
    .addOption(endpoints)
    .addOption(pipeline)
    .addOption(workload)
    .option('--no-traffic', 'begin with the traffic off')
    .addOption(out)
    .addOption(noRecord)
    .addOption(metricsListen)
    .addOption(noMetrics)
    .action(async (_options, command: Command) => (await import('../ui.ts')).ui(command.optsWithGlobals()))
}

function trafficCommand(program: Command): void {
  program
    .command('traffic')
    .description('read and write through HAProxy without a screen: a line a second, totals at the end')
    .addOption(writes)
    .addOption(reads)
    .addOption(endpoints)
    .addOption(pipeline)
    .addOption(workload)
    .option('--for <duration>', 'stop after this long, e.g. 30s or 5m (default: until Ctrl-C)', duration)
    .addOption(out)
    .addOption(noRecord)
    .addOption(metricsListen)
    .addOption(noMetrics)
    .action(async (_options, command: Command) => (await import('../traffic.ts')).traffic(command.optsWithGlobals()))
}

function runCommand(program: Command): void {
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

function injectCommand(program: Command): void {
  program
    .command('inject')
    .argument('<fault>', 'chaoslab faults lists them')
    .argument('<target>', 'leader, replica, etcd-leader, patroni2, random(of: replicas, count: 2), …')
    .argument('[settings...]', 'NAME=VALUE, a comma makes a list')
    .option('--for <duration>', 'heal it after this long, e.g. 30s (default: until Ctrl-C)', duration)
    .option('--seed <seed>', 'what chance is drawn from')
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
