import type { Command } from 'commander'
import { json } from '../options.ts'

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check engine, compose, images, ports and leftovers, and say what to do about each')
    .addOption(json)
    .action(async (_options, command: Command) => (await import('../doctor.ts')).doctor(command.optsWithGlobals()))
}
