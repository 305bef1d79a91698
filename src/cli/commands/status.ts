import type { Command } from 'commander'
import { json } from '../options.ts'

export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('say how the cluster is: exit code 0 healthy, 1 not')
    .addOption(json)
    .action(async (_options, command: Command) => (await import('../status.ts')).status(command.optsWithGlobals()))
}
