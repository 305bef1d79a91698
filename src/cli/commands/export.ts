import { type Command, Option } from 'commander'

export function exportCommand(program: Command): void {
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
      (await import('../export.ts')).exportRun(run, options.format),
    )
}
