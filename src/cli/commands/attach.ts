import { type Command, InvalidArgumentError } from 'commander'
import { parseListen } from '../../metrics/serve.ts'
import type { Address } from '../../model/address.ts'
import type { AttachLabOptions } from '../attach-lab.ts'

export function attachCommand(program: Command): void {
  program
    .command('attach')
    .argument('<host:port>', "Patroni's REST API on any node, e.g. 10.0.0.11:8008", nodeAddress)
    .option('--out <file>', 'write it there (default: to standard output)')
    .option('--force', 'overwrite a file that is there')
    .option('--database <name>', 'where the traffic writes', 'app')
    .option('--user <name>', 'as whom', 'app')
    .option('--password-from <variable>', 'the environment variable that holds the password', 'CHAOSLAB_PASSWORD')
    .description("write the lab definition of a cluster of your own; only asks, and says what it couldn't find")
    .addHelpText(
      'after',
      '\nExample:\n  chaoslab attach 10.0.0.11:8008 --out mine.yaml && chaoslab --lab mine.yaml status',
    )
    .action(async (from: Address, options: AttachLabOptions & { passwordFrom: string }) =>
      (await import('../attach-lab.ts')).attachLab(from, options),
    )
}

function nodeAddress(text: string): Address {
  const address = parseListen(text.replace(/^https?:\/\/|\/$/g, ''))
  if (address === null)
    throw new InvalidArgumentError('expected HOST:PORT of a REST API of Patroni, e.g. 10.0.0.11:8008')
  return address
}
