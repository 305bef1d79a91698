import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseListen } from '../metrics/serve.ts'
import type { Address } from '../model/address.ts'
import { nearest } from '../model/did-you-mean.ts'
import { parseDuration, parseRate } from '../model/units.ts'
import type { AttachLabOptions } from './attach-lab.ts'
import { packageVersion, shippedLab } from './package.ts'

/** Options that every command has. */
export interface GlobalOptions {
  readonly lab: string
  readonly debug?: true
}

/** Runs the command line; sets the exit code: 0 good, 1 failed or not healthy, 2 not known or not done, 130 interrupted. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = buildProgram()
  try {
    await program.parseAsync(argv as string[])
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    process.exitCode = isInterruption(error) ? 130 : 2
    report(error, program.opts<GlobalOptions>().debug === true)
  } finally {
    // A connection that somebody else keeps open must not keep a command alive that has ended, however it has.
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

function buildProgram(): Command {
  const program = new Command('chaoslab')
    .description(
      'A terminal lab for PostgreSQL high availability: a real Patroni cluster, live traffic, and the keys to break it.',
    )
    .version(packageVersion())
    .option('--lab <file>', 'lab definition: which cluster this is about', shippedLab())
    .option('--debug', 'add the stack to an error')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXAMPLES)

  const preset = () =>
    new Option('--preset <name>', 'failover timing of the cluster').choices(['fast', 'default']).default('fast')
  const writes = () => new Option('--writes <rate>', 'writes a second').argParser(rate).default(50, '50/s')
  const reads = () => new Option('--reads <rate>', 'reads a second').argParser(rate).default(100, '100/s')
  const proxies = () =>
    new Option('--proxies <count>', 'how many HAProxies; with 1 a second one that is there stays')
      .argParser(proxyCount)
      .default(1)
  const endpoints = () =>
    new Option('--endpoints <which>', 'the proxies that the clients know, and try in order: the first alone, or all')
      .choices(['first', 'all'])
      .default('first')
  const out = () => new Option('--out <folder>', 'where the folders of runs are kept').default('runs')
  const metricsListen = () =>
    new Option(
      '--metrics-listen <host:port>',
      "serve metrics for Prometheus only there (default: 127.0.0.1:9464 or the next free port, and the lab network's gateway)",
    ).argParser(listenAddress)
  const noMetrics = () => new Option('--no-metrics', 'serve no metrics')
  const junit = () => new Option('--junit <file>', 'write the results as JUnit XML, one case an expectation')
  const answer = () => new Option('--answer <file>', "write the homework's report from what was measured, as Markdown")
  const lang = () => new Option('--lang <language>', 'of that report').choices(['en', 'ru']).default('en')
  const noRecord = () => new Option('--no-record', 'keep nothing of this run')

  program
    .command('start', { isDefault: true, hidden: true })
    .description('bring the cluster up and open the screen; without a terminal, run the first experiment')
    .addOption(preset())
    .addOption(proxies())
    .addOption(writes())
    .addOption(reads())
    .addOption(endpoints())
    .addOption(out())
    .addOption(noRecord())
    .addOption(metricsListen())
    .addOption(noMetrics())
    .allowExcessArguments()
    .action(async (_options, command: Command) => {
      // Whatever is no command ends up here, as this is what runs without one.
      if (command.args[0] !== undefined) throw new Error(noSuchCommand(command.args[0], program))
      await (await import('./start.ts')).start(command.optsWithGlobals())
    })
  program
    .command('up')
    .description('bring the cluster up and wait until it is healthy')
    .addOption(preset())
    .addOption(proxies())
    .action(async (_options, command: Command) => (await import('./up.ts')).up(command.optsWithGlobals()))
  program
    .command('down')
    .description('take the cluster down; its data stays unless --volumes is given')
    .option('--volumes', 'delete the data too')
    .action(async (_options, command: Command) => (await import('./down.ts')).down(command.optsWithGlobals()))
  program
    .command('attach')
    .argument('<host:port>', "Patroni's REST API on any node, e.g. 10.0.0.11:8008", nodeAddress)
    .option('--out <file>', 'write it there (default: to standard output)')
    .option('--force', 'overwrite a file that is there')
    .option('--database <name>', 'where the traffic writes', 'app')
    .option('--user <name>', 'as whom', 'app')
    .option('--password-from <variable>', 'the environment variable that holds the password', 'CHAOSLAB_PASSWORD')
    .description("write the lab definition of a cluster of your own; only asks, and says what it couldn't find")
    .addHelpText(
      'after',
      '\nExample:\n  chaoslab attach 10.0.0.11:8008 --out mine.yaml && chaoslab --lab mine.yaml status',
    )
    .action(async (from: Address, options: AttachLabOptions & { passwordFrom: string }) =>
      (await import('./attach-lab.ts')).attachLab(from, options),
    )
  program
    .command('ui')
    .description('open the screen on a cluster that runs')
    .addOption(writes())
    .addOption(reads())
    .addOption(endpoints())
    .option('--no-traffic', 'begin with the traffic off')
    .addOption(out())
    .addOption(noRecord())
    .addOption(metricsListen())
    .addOption(noMetrics())
    .action(async (_options, command: Command) => (await import('./ui.ts')).ui(command.optsWithGlobals()))
  program
    .command('traffic')
    .description('read and write through HAProxy without a screen: a line a second, totals at the end')
    .addOption(writes())
    .addOption(reads())
    .addOption(endpoints())
    .option('--for <duration>', 'stop after this long, e.g. 30s or 5m (default: until Ctrl-C)', duration)
    .addOption(out())
    .addOption(noRecord())
    .addOption(metricsListen())
    .addOption(noMetrics())
    .action(async (_options, command: Command) => (await import('./traffic.ts')).traffic(command.optsWithGlobals()))
  program
    .command('run')
    .argument('[files...]', 'scenario files')
    .option('--random', 'random faults instead of files, healed one after the other; the draw is saved as a scenario')
    .option('--for <duration>', 'about how long the random faults take (default: 10m)', duration)
    .option('--trials <count>', 'how often each is run, instead of what it says itself', count)
    .option('--seed <seed>', 'what chance is drawn from, instead of what each says itself')
    .addOption(out())
    .option('--json', 'the results as JSON on standard output')
    .addOption(junit())
    .addOption(answer())
    .addOption(lang())
    .option(
      '--openmetrics',
      "keep each run's metrics of every second, for promtool tsdb create-blocks-from openmetrics",
    )
    .option('--dry-run', 'say what would be done and what would remain, and do nothing')
    .addOption(metricsListen())
    .addOption(noMetrics())
    .description('run scenarios and judge them: exit code 0 pass, 1 fail, 2 could not be run or cannot be told')
    .action(async (files: string[], _options, command: Command) =>
      (await import('./run.ts')).run(files, command.optsWithGlobals()),
    )
  program
    .command('inject')
    .argument('<fault>', 'chaoslab faults lists them')
    .argument('<target>', 'leader, replica, etcd-leader, patroni2, random(of: replicas, count: 2), …')
    .argument('[settings...]', 'NAME=VALUE, a comma makes a list')
    .option('--for <duration>', 'heal it after this long, e.g. 30s (default: until Ctrl-C)', duration)
    .option('--seed <seed>', 'what chance is drawn from')
    .description('bring one fault about, hold it, and heal it')
    .action(async (fault: string, target: string, settings: string[], _options, command: Command) =>
      (await import('./inject.ts')).inject(fault, target, settings, command.optsWithGlobals()),
    )
  program
    .command('faults')
    .option('--json', 'for a script')
    .description('list every fault that can be brought about, with its settings')
    .action(async (options: { json?: true }) => (await import('./faults.ts')).faults(options))
  program
    .command('heal')
    .description('put back everything that any run has changed in the cluster and not put back')
    .option('--json', 'for a script')
    .action(async (_options, command: Command) => (await import('./heal.ts')).heal(command.optsWithGlobals()))
  program
    .command('report')
    .argument('<run>', 'the folder of a run, or of what chaoslab run has kept')
    .addOption(junit())
    .addOption(answer())
    .addOption(lang())
    .description('write the report of a run anew: report.html, report.md, summary.json; of scenarios suite.*')
    .action(async (run: string, options: { junit?: string; answer?: string; lang: 'en' | 'ru' }) =>
      (await import('./report.ts')).report(run, options),
    )
  program
    .command('audit')
    .argument('<run>', 'the folder of a run')
    .option('--json', 'for a script')
    .description(
      'audit a run that is over, or whose lab was killed, against what the cluster holds now; write its report anew',
    )
    .addHelpText('after', AUDIT_HELP)
    .action(async (run: string, _options, command: Command) =>
      (await import('./audit.ts')).audit(run, command.optsWithGlobals()),
    )
  program
    .command('export')
    .argument('<run>', 'the folder of a run')
    .addOption(
      new Option('--format <format>', 'of every write, or the metrics of every second')
        .choices(['jsonl', 'csv', 'edn', 'openmetrics'])
        .default('jsonl'),
    )
    .description(
      'print what became of every write of a run (edn is a history that Jepsen can check), or its metrics for Prometheus',
    )
    .action(async (run: string, options: { format: 'jsonl' | 'csv' | 'edn' | 'openmetrics' }) =>
      (await import('./export.ts')).exportRun(run, options.format),
    )
  program
    .command('replay')
    .argument('<run>', 'the folder of a run')
    .option('--speed <factor>', 'how many times as fast', factor, 1)
    .description('play a recorded run on the same screen; needs no Docker')
    .action(async (run: string, options: { speed: number }) => (await import('./replay.ts')).replay(run, options.speed))
  program
    .command('status')
    .description('say how the cluster is: exit code 0 healthy, 1 not')
    .option('--json', 'for a script')
    .action(async (_options, command: Command) => (await import('./status.ts')).status(command.optsWithGlobals()))
  program
    .command('doctor')
    .description('check engine, compose, images, ports and leftovers, and say what to do about each')
    .option('--json', 'for a script')
    .action(async (_options, command: Command) => (await import('./doctor.ts')).doctor(command.optsWithGlobals()))
  return program
}

function noSuchCommand(word: string, { commands }: Command): string {
  const meant = nearest(
    word,
    commands.map((command) => command.name()),
  )
  return `no such command: ${word}${meant === null ? '' : `; did you mean ${meant}?`} (--help shows what there is)`
}

const AUDIT_HELP = `
The cluster has to be up, and any fault that the run has left healed (chaoslab heal). Exit code: 0 pass, 1 fail,
2 not known: what a killed lab had not yet written to its ledger, the last second, nobody can judge.

Example:
  chaoslab audit runs/2026-03-01T09-30-00-traffic
                                        which acknowledged writes are gone, doubled or altered, and why`

const EXAMPLES = `
Examples:
  chaoslab                              bring the cluster up and open the screen
  chaoslab up --preset default          with Patroni's own timing, 30/10/10
  chaoslab traffic --writes 200/s       the traffic alone, a line a second
  chaoslab status --json | jq .leader   who leads
  chaoslab attach 10.0.0.11:8008 --out mine.yaml
                                        the lab definition of a cluster of your own
  chaoslab ui --lab mine.yaml           the screen on it
  chaoslab inject isolate leader --for 20s
                                        cut the leader off from etcd and its peers, then heal
  chaoslab run hw3/scenarios/leader-cut-off.yaml --trials 3 --junit junit.xml
                                        an experiment that judges: exit code 0 pass, 1 fail, 2 not known
  chaoslab run --random --for 10m --seed 7
                                        random faults, the same for the same seed
  chaoslab audit runs/…                 audit a run whose lab was killed
  chaoslab heal                         put back whatever a killed run has left
  chaoslab replay runs/… --speed 8      a recorded run on the same screen
  chaoslab down --volumes               take it down and delete its data

Exit codes of traffic, ui, run and the first experiment, as their reports say: 0 pass, 1 fail, 2 unknown.
Elsewhere: 0 good, 1 not healthy, 2 could not do what was asked; 130 interrupted, and healed.`

/** How long a command may linger after its work. */
const LINGER_MS = 5_000
const MAX_RATE = 20_000

function rate(text: string): number {
  const value = parseRate(text)
  if (value === null || value > MAX_RATE)
    throw new InvalidArgumentError(`expected a rate like 200/s, up to ${MAX_RATE}/s`)
  return value
}

function proxyCount(text: string): number {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('expected 1 or 2')
  return Number(text)
}

function duration(text: string): number {
  const value = parseDuration(text)
  if (value === null || value === 0) throw new InvalidArgumentError('expected a duration like 30s or 5m')
  return value
}

function listenAddress(text: string): Address {
  const address = parseListen(text)
  if (address === null) throw new InvalidArgumentError('expected HOST:PORT, e.g. 127.0.0.1:9464')
  return address
}

function nodeAddress(text: string): Address {
  const address = parseListen(text.replace(/^https?:\/\/|\/$/g, ''))
  if (address === null)
    throw new InvalidArgumentError('expected HOST:PORT of a REST API of Patroni, e.g. 10.0.0.11:8008')
  return address
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1_000)
    throw new InvalidArgumentError('expected a count from 1 to 1000')
  return value
}

function factor(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('expected a factor like 8 or 0.5')
  return value
}

function isInterruption(error: unknown): boolean {
  return (error as { name?: string }).name === 'AbortError'
}

/** One line that says what to do; every mistake of a file; with --debug where it came from. */
function report(error: unknown, isDebug: boolean): void {
  if (isInterruption(error)) return
  console.error(isDebug ? error : error instanceof Error ? error.message : String(error))
}
