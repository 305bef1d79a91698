import type { Command } from 'commander'
import { json } from '../options.ts'

export function faultsCommand(program: Command): void {
  program
    .command('faults')
    .addOption(json)
    .description('list every fault that can be injected, with its settings')
    .action(async (options: { json?: true }) => (await import('../faults.ts')).faults(options))
}
