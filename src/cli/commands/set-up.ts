import { type Command, InvalidArgumentError } from 'commander'
import { parseListen } from '../../metrics/serve.ts'
import type { Address } from '../../model/address.ts'
import { nearest } from '../../model/did-you-mean.ts'
import type { AttachLabOptions } from '../attach-lab.ts'
import { clientOptions, json, preset, proxies, runOptions, switchLab, withOptions, yes } from '../options.ts'

/** What brings a cluster up, takes it down, or finds one. In the order of --help. */
export const setUpCommands = [startCommand, upCommand, downCommand, labsCommand, attachCommand] as const

/** What runs without a command; so whatever is no command ends up here, too. */
function startCommand(program: Command): void {
  withOptions(program.command('start', { isDefault: true, hidden: true }), [
    ...upOptions,
    ...clientOptions,
    ...runOptions,
  ])
    .description('bring the cluster up and open the screen; without a terminal, run the first experiment')
    .allowExcessArguments()
    .action(async (_options, command: Command) => {
      if (command.args[0] !== undefined) throw new Error(noSuchCommand(command.args[0], program))
      await (await import('../start.ts')).start(command.optsWithGlobals())
    })
}

const upOptions = [preset, proxies, switchLab, yes]

function noSuchCommand(word: string, { commands }: Command): string {
  const meant = nearest(
    word,
    commands.map((command) => command.name()),
  )
  return `no such command: ${word}${meant === null ? '' : `; did you mean ${meant}?`} (--help shows what there is)`
}

function upCommand(program: Command): void {
  withOptions(program.command('up'), upOptions)
    .description('bring the cluster up and wait until it is healthy')
    .action(async (_options, command: Command) => (await import('../up.ts')).up(command.optsWithGlobals()))
}

function downCommand(program: Command): void {
  program
    .command('down')
    .description('take the cluster down; its data stays unless --volumes is given')
    .option('--volumes', 'delete the data too')
    .option('--force', 'do not ask while another chaoslab process has a run under way there: it is spoilt')
    .action(async (_options, command: Command) => (await import('../down.ts')).down(command.optsWithGlobals()))
}

function labsCommand(program: Command): void {
  program
    .command('labs')
    .description('list the labs that ship, the ports that each needs, and which of them is up')
    .addOption(json)
    .action(async (options: { json?: true }) => (await import('../labs.ts')).labs(options))
}

function attachCommand(program: Command): void {
  program
    .command('attach')
    .argument('<host:port>', "Patroni's REST API on any node, e.g. 10.0.0.11:8008", nodeAddress)
    .option('--out <file>', 'write the definition to this file (default: to standard output)')
    .option('--force', 'overwrite that file if it exists')
    .option('--database <name>', 'the database that the traffic writes to', 'app')
    .option('--user <name>', 'the PostgreSQL user of the traffic', 'app')
    .option('--password-from <variable>', 'the environment variable that holds the password', 'CHAOSLAB_PASSWORD')
    .description("write the lab definition of a cluster of your own; only asks, and says what it couldn't find")
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
