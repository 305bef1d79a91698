import type { Command } from 'commander'
import { json } from '../options.ts'

export function auditCommand(program: Command): void {
  program
    .command('audit')
    .argument('<run>', 'the folder of a run')
    .addOption(json)
    .description(
      'audit a run that is over, or whose lab was killed, against what the cluster holds now; write its report anew',
    )
    .addHelpText('after', HELP)
    .action(async (run: string, _options, command: Command) =>
      (await import('../audit.ts')).audit(run, command.optsWithGlobals()),
    )
}

const HELP = `
The cluster has to be up, and any fault that the run has left healed (chaoslab heal). Exit code: 0 pass, 1 fail,
2 not known: what a killed lab had not yet written to its ledger, the last second, nobody can judge.

Example:
  chaoslab audit runs/2026-03-01T09-30-00-traffic
                                        which acknowledged writes are gone, doubled or altered, and why`
