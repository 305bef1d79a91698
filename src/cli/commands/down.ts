import type { Command } from 'commander'

export function downCommand(program: Command): void {
  program
    .command('down')
    .description('take the cluster down; its data stays unless --volumes is given')
    .option('--volumes', 'delete the data too')
    .action(async (_options, command: Command) => (await import('../down.ts')).down(command.optsWithGlobals()))
}
