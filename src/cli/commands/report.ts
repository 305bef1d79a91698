import type { Command } from 'commander'
import { junit } from '../options.ts'
import type { ReportOptions } from '../report.ts'

export function reportCommand(program: Command): void {
  program
    .command('report')
    .argument('<run>', 'the folder of a run, or of what chaoslab run has kept')
    .addOption(junit)
    .option('--template <file>', 'instead, what this module makes of suite.json: it exports a function by default')
    .option('--out <file>', 'where that is written (default: to standard output)')
    .description('write the report of a run anew: report.html, report.md, summary.json; of scenarios suite.*')
    .action(async (run: string, options: ReportOptions) => (await import('../report.ts')).report(run, options))
}
