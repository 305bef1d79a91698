import type { Command } from 'commander'
import { duration, endpoints, metricsListen, noMetrics, noRecord, out, reads, workload, writes } from '../options.ts'

export function trafficCommand(program: Command): void {
  program
    .command('traffic')
    .description('read and write through HAProxy without a screen: a line a second, totals at the end')
    .addOption(writes)
    .addOption(reads)
    .addOption(endpoints)
    .addOption(workload)
    .option('--for <duration>', 'stop after this long, e.g. 30s or 5m (default: until Ctrl-C)', duration)
    .addOption(out)
    .addOption(noRecord)
    .addOption(metricsListen)
    .addOption(noMetrics)
    .action(async (_options, command: Command) => (await import('../traffic.ts')).traffic(command.optsWithGlobals()))
}
