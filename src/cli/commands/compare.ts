import type { Command } from 'commander'
import type { CompareOptions } from '../compare.ts'
import { json } from '../options.ts'

export function compareCommand(program: Command): void {
  program
    .command('compare')
    .argument('<runs...>', 'folders of runs, or of what chaoslab run has kept; NAME=FOLDER names one')
    .option('--out <folder>', 'write it there, too, as a page and as Markdown')
    .addOption(json)
    .description('put runs side by side, also of different labs: what clients saw, what is lost, under which faults')
    .addHelpText(
      'after',
      '\nExample:\n  chaoslab compare asynchronous=runs/2026-03-01T09-30-00-kill synchronous=runs/2026-03-01T09-40-00-kill --out compared',
    )
    .action(async (runs: string[], options: CompareOptions) =>
      (await import('../compare.ts')).compareRuns(runs, options),
    )
}
