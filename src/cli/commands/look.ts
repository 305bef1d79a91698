import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CompareOptions } from '../compare.ts'
import { json, junit } from '../options.ts'
import type { ReportOptions } from '../report.ts'

/** What looks at runs that are over, and at how the cluster is now. In the order of --help. */
export const lookCommands = [
  reportCommand,
  compareCommand,
  auditCommand,
  exportCommand,
  replayCommand,
  statusCommand,
  doctorCommand,
] as const

function reportCommand(program: Command): void {
  program
    .command('report')
    .argument('<run>', 'the folder of a run, or of what chaoslab run has kept')
    .addOption(junit)
    .option(
      '--template <file>',
      'write instead what a JavaScript module makes of suite.json: its default export is a function that returns text',
    )
    .option('--out <file>', 'where the text of --template is written (default: to standard output)')
    .description('write the report of a run again: report.html, report.md, summary.json; of scenarios suite.*')
    .action(async (run: string, options: ReportOptions) => (await import('../report.ts')).report(run, options))
}

function compareCommand(program: Command): void {
  program
    .command('compare')
    .argument('<runs...>', 'folders of runs, or of what chaoslab run has kept; NAME=FOLDER names one')
    .option('--out <folder>', 'write it into this folder too, as a page and as Markdown')
    .addOption(json)
    .description('put runs side by side, also of different labs: what clients saw, what is lost, under which faults')
    .action(async (runs: string[], options: CompareOptions) =>
      (await import('../compare.ts')).compareRuns(runs, options),
    )
}

function auditCommand(program: Command): void {
  program
    .command('audit')
    .argument('<run>', 'the folder of a run')
    .addOption(json)
    .description(
      'audit a run that is over, or whose lab was killed, against what the cluster holds now; write its report again',
    )
    .addHelpText('after', HELP)
    .action(async (run: string, _options, command: Command) =>
      (await import('../audit.ts')).audit(run, command.optsWithGlobals()),
    )
}

const HELP = `
The cluster has to be up, and any fault that the run has left healed (chaoslab heal). Exit code: 0 pass, 1 fail,
2 not known: what a killed lab had not yet written to its ledger, the last second, nobody can judge.`

function exportCommand(program: Command): void {
  program
    .command('export')
    .argument('<run>', 'the folder of a run')
    .addOption(
      new Option('--format <format>', 'every write as jsonl, csv or edn, or the metrics of every second')
        .choices(['jsonl', 'csv', 'edn', 'openmetrics'])
        .default('jsonl'),
    )
    .description(
      'print what became of every write of a run (edn is a history that Jepsen can check), or its metrics for Prometheus',
    )
    .action(async (run: string, options: { format: 'jsonl' | 'csv' | 'edn' | 'openmetrics' }) =>
      (await import('../export.ts')).exportRun(run, options.format),
    )
}

function replayCommand(program: Command): void {
  program
    .command('replay')
    .argument('<run>', 'the folder of a run')
    .option('--speed <factor>', 'how many times as fast as it was', factor, 1)
    .description('play a recorded run on the same screen; needs no Docker')
    .action(async (run: string, options: { speed: number }) =>
      (await import('../replay.ts')).replay(run, options.speed),
    )
}

function factor(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('expected a factor like 8 or 0.5')
  return value
}

function statusCommand(program: Command): void {
  program
    .command('status')
    .description('say how the cluster is: exit code 0 healthy, 1 not')
    .addOption(json)
    .action(async (_options, command: Command) => (await import('../status.ts')).status(command.optsWithGlobals()))
}

function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check engine, compose, images, ports and leftovers, and say what to do about each')
    .addOption(json)
    .action(async (_options, command: Command) => (await import('../doctor.ts')).doctor(command.optsWithGlobals()))
}
