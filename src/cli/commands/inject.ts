import type { Command } from 'commander'
import { duration } from '../options.ts'

export function injectCommand(program: Command): void {
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
