import type { Command } from 'commander'
import { preset, proxies, switchLab } from '../options.ts'

export function upCommand(program: Command): void {
  program
    .command('up')
    .description('bring the cluster up and wait until it is healthy')
    .addOption(preset)
    .addOption(proxies)
    .addOption(switchLab)
    .action(async (_options, command: Command) => (await import('../up.ts')).up(command.optsWithGlobals()))
}
