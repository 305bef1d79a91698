import type { Command } from 'commander'
import { json } from '../options.ts'

export function labsCommand(program: Command): void {
  program
    .command('labs')
    .description('list the labs that ship, the ports that each needs, and which of them is up')
    .addOption(json)
    .action(async (options: { json?: true }) => (await import('../labs.ts')).labs(options))
}
