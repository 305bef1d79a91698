import type { Command } from 'commander'
import { json } from '../options.ts'

export function healCommand(program: Command): void {
  program
    .command('heal')
    .description('put back everything that any run has changed in the cluster and not put back')
    .addOption(json)
    .action(async (_options, command: Command) => (await import('../heal.ts')).heal(command.optsWithGlobals()))
}
