import { Command, CommanderError } from 'commander'
import { messageOf } from '../model/words.ts'
import { addExamples } from './commands/examples.ts'
import { keepCommands } from './commands/keep.ts'
import { lookCommands } from './commands/look.ts'
import { runCommands } from './commands/run.ts'
import { setUpCommands } from './commands/set-up.ts'
import type { GlobalOptions } from './options.ts'
import { packageVersion } from './package.ts'
import { defaultLab, labFile } from './shipped-labs.ts'

/** In the order of --help. Each loads what it does only when it is called. */
const commands = [...setUpCommands, ...runCommands, ...lookCommands, ...keepCommands]

/** Runs the command line; sets the exit code: 0 good, 1 failed or not healthy, 2 not known or not done, 130 interrupted. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = buildProgram()
  try {
    await program.parseAsync(argv as string[])
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    process.exitCode = isInterruption(error) ? 130 : 2
    report(error, program.opts<GlobalOptions>().debug === true)
  } finally {
    // A connection that somebody else keeps open must not keep a command alive that has ended, however it has.
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

/** All commands with their options and words. Nothing of what they do is loaded. */
export function buildProgram(): Command {
  const program = new Command('chaoslab')
    .description(
      'A terminal lab for PostgreSQL high availability: a real Patroni cluster, live traffic, and the keys to break it.',
    )
    .version(packageVersion())
    .option(
      '--lab <name or file>',
      'which cluster this is about: a lab that ships, or the file of a lab definition',
      (text) => labFile(text),
      defaultLab(),
    )
    .option('--debug', 'add the stack to an error')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOneLine(text)) })
    .addHelpText('after', EXAMPLES)
  for (const register of commands) register(program)
  addExamples(program)
  return program
}

/** With what commander says in lines of their own: a word that may be meant. */
function inOneLine(text: string): string {
  return `${text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')} (--help shows what there is)\n`
}

const EXAMPLES = `
Examples:
  chaoslab                              bring the cluster up and open the screen
  chaoslab up --preset default          with Patroni's own timing, 30/10/10
  chaoslab traffic --writes 200/s       the traffic alone, a line a second
  chaoslab status --json | jq .leader   who leads
  chaoslab labs                         the labs that ship; --lab NAME chooses one
  chaoslab attach 10.0.0.11:8008 --out mine.yaml
                                        the lab definition of a cluster of your own
  chaoslab ui --lab mine.yaml           the screen on it
  chaoslab inject isolate leader --for 20s
                                        cut the leader off from etcd and its peers, then heal
  chaoslab run hw3/scenarios/leader-cut-off.yaml --trials 3 --junit junit.xml
                                        an experiment that judges: exit code 0 pass, 1 fail, 2 not known
  chaoslab run --random --for 10m --seed 7
                                        random faults, the same for the same seed
  chaoslab audit runs/…                 audit a run whose lab was killed
  chaoslab heal                         put back whatever a killed run has left
  chaoslab replay runs/… --speed 8      a recorded run on the same screen
  chaoslab runs                         the runs that are kept; chaoslab open shows the report of the latest
  chaoslab down --volumes               take it down and delete its data

Exit codes of traffic, ui, run and the first experiment, as their reports say: 0 pass, 1 fail, 2 unknown.
Elsewhere: 0 good, 1 not healthy, 2 could not do what was asked; 130 interrupted, and healed.`

/** How long a command may linger after its work. */
const LINGER_MS = 5_000

function isInterruption(error: unknown): boolean {
  return (error as { name?: string }).name === 'AbortError'
}

/** One line that says what to do; every mistake of a file; with --debug where it came from. */
function report(error: unknown, isDebug: boolean): void {
  if (isInterruption(error)) return
  console.error(isDebug ? error : messageOf(error))
}
