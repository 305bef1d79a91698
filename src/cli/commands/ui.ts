import type { Command } from 'commander'
import { endpoints, metricsListen, noMetrics, noRecord, out, reads, workload, writes } from '../options.ts'

export function uiCommand(program: Command): void {
  program
    .command('ui')
    .description('open the screen on a cluster that runs')
    .addOption(writes)
    .addOption(reads)
    .addOption(endpoints)
    .addOption(workload)
    .option('--no-traffic', 'begin with the traffic off')
    .addOption(out)
    .addOption(noRecord)
    .addOption(metricsListen)
    .addOption(noMetrics)
    .action(async (_options, command: Command) => (await import('../ui.ts')).ui(command.optsWithGlobals()))
}
