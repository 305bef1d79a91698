import { Command, InvalidArgumentError } from 'commander'

export interface ExperimentOptions {
  readonly inserts: number
  readonly perSecond: number
  /** A command of the shell in the middle, and one later. */
  readonly fault: string
  readonly after: string | null
  readonly afterSeconds: number
  readonly holdSeconds: number
  readonly hasDirectClient: boolean
  readonly out: string
}

/** Reads the options. @throws {CommanderError} help was asked for, or one is wrong: either has been printed */
export function readExperiment(args: readonly string[]): ExperimentOptions {
  const given = options().parse(args, { from: 'user' }).opts()
  const { rate: perSecond, fault, after, afterSeconds, hold: holdSeconds, out, direct = false } = given
  const inserts = Math.round(given.for * perSecond)
  return { inserts, perSecond, fault, after: after || null, afterSeconds, holdSeconds, hasDirectClient: direct, out }
}

function options(): Command {
  return new Command('experiment')
    .description(
      'An even load through the proxy, a fault in the middle, and how many rows each server has all the while.',
    )
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .option('--for <seconds>', 'how long', from(1), 10)
    .option('--rate <n>', 'inserts a second', from(1), 10)
    .option('--fault <command>', 'what is done in the middle', 'docker stop my_primary')
    .option('--after <command>', 'what is done later, such as docker start my_primary (default: nothing)')
    .option('--after-seconds <s>', 'how much later', from(0), 5)
    .option('--hold <seconds>', 'how much longer to count, without a load, after the end', from(0), 0)
    .option('--direct', 'a second client writes to my_primary directly, past the proxy, five times a second')
    .option('--out <folder>', 'for curves.svg, curves.csv and result.json', 'runs/pair')
}

function from(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (value >= least && value <= 3600) return value
    throw new InvalidArgumentError(`expected a number from ${least} to 3600`)
  }
}
