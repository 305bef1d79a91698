import type { Command } from 'commander'
import { answer, junit, lang } from '../options.ts'
import type { ReportOptions } from '../report.ts'

export function reportCommand(program: Command): void {
  program
    .command('report')
    .argument('<run>', 'the folder of a run, or of what chaoslab run has kept')
    .addOption(junit)
    .addOption(answer)
    .addOption(lang)
    .description('write the report of a run anew: report.html, report.md, summary.json; of scenarios suite.*')
    .action(async (run: string, options: ReportOptions) => (await import('../report.ts')).report(run, options))
}
