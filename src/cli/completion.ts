import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Command, Option } from 'commander'
import { isRun, keptIn, runsIn } from '../lab/run-folder.ts'
import { defaultLab, labFile, shippedLabs } from './shipped-labs.ts'

/** What can stand where the cursor is. One that ends with `/` or `=` is to be gone on with. */
export interface Candidate {
  readonly word: string
  readonly about?: string
}

/** What of the words before the cursor says what can follow them. */
interface Given {
  readonly current: string
  /** By the long name of the option. */
  readonly options: ReadonlyMap<string, string>
  /** After the command. */
  readonly args: readonly string[]
}

/**
 * What can follow in a command line, by the table of commands.
 * @param words all that follows `chaoslab`; the last is the one under the cursor, empty where none has begun
 */
export async function complete(program: Command, words: readonly string[]): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? ''
  const options = new Map<string, string>()
  const args: string[] = []
  let command: Command | undefined
  let pending: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) options.set(pending.long ?? '', word)
    if (pending !== undefined || word.startsWith('-')) {
      pending = pending === undefined ? withValue(optionsOf(program, command), word) : undefined
    } else if (command === undefined) {
      command = program.commands.find((each) => each.name() === word)
      if (command === undefined) return []
    } else args.push(word)
  }
  const given: Given = { current, options, args }
  const found = await candidates(program, command, pending, given)
  const fitting = found.filter(({ word }) => word.startsWith(current))
  // A part may be called what its role is.
  return [...new Map(fitting.toReversed().map((each) => [each.word, each])).values()].reverse()
}

async function candidates(
  program: Command,
  command: Command | undefined,
  pending: Option | undefined,
  given: Given,
): Promise<readonly Candidate[]> {
  if (pending !== undefined) {
    return pending.argChoices?.map(plain) ?? (await sources[pending.long ?? '']?.(given)) ?? []
  }
  if (given.current.startsWith('-')) {
    return optionsOf(program, command).map(({ long, description }) => ({ word: long ?? '', about: description }))
  }
  if (command === undefined) {
    const shown = program.createHelp().visibleCommands(program)
    return shown.map((each) => ({ word: each.name(), about: each.description() }))
  }
  const taken = command.registeredArguments
  const argument = taken[given.args.length] ?? taken.findLast(({ variadic }) => variadic)
  if (argument === undefined) return []
  return argument.argChoices?.map(plain) ?? (await sources[argument.name()]?.(given)) ?? []
}

/** Those of the command, or, before there is one, of what runs without. */
function optionsOf(program: Command, command: Command | undefined): readonly Option[] {
  const own = command ?? program.commands.find((each) => each.name() === 'start')
  return [...(own?.options ?? []), ...program.options]
}

/** The option that the next word is the value of. */
function withValue(options: readonly Option[], word: string): Option | undefined {
  return options.find(
    ({ long, short, required, optional }) => (required || optional) && (word === long || word === short),
  )
}

/** By the name of an argument, or the option that takes the value. What nobody can list is left to the shell. */
const sources: Readonly<Record<string, (given: Given) => readonly Candidate[] | Promise<readonly Candidate[]>>> = {
  '--lab': ({ current }) => [
    ...shippedLabs()
      .flatMap(({ names }) => names)
      .map(plain),
    ...paths(current),
  ],
  '--workload': async () => {
    const { workloads } = await import('../workloads/workloads.ts')
    return workloads.map(({ type, about }) => ({ word: type, about }))
  },
  run: keptRuns,
  runs: keptRuns,
  files: ({ current }) => paths(current),
  fault: async () => {
    const { faultKinds } = await import('../systems/fault-kinds.ts')
    return faultKinds.map(({ type, about }) => ({ word: type, about }))
  },
  target: targets,
  settings: async ({ args: [fault], current }) => {
    if (current.includes('=')) return []
    const { catalogue } = await import('../systems/catalogue.ts')
    const settings = catalogue().find((entry) => entry.fault === fault)?.settings ?? []
    return settings.map(({ name, allowed }) => ({ word: `${name}=`, about: allowed }))
  },
}

/** The newest first. */
function keptRuns({ options }: Given): readonly Candidate[] {
  const kept = keptIn(options.get('--out') ?? 'runs').flatMap((folder) => {
    return isRun(folder) ? [folder] : [folder, ...runsIn(folder)]
  })
  return kept.map(plain).reverse()
}

/** Roles and parts of the lab; of one whose definition cannot be read, none. */
async function targets({ options }: Given): Promise<readonly Candidate[]> {
  const { readLabDefinition } = await import('../lab/definition.ts')
  const { stageWith } = await import('./scenario-entries.ts')
  try {
    const definition = await readLabDefinition(labFile(options.get('--lab') ?? defaultLab()))
    const { roles, parts } = stageWith(definition, definition.place.shape)
    return [
      ...roles.map(({ name, kind }) => ({ word: name, about: `by its role: ${kind}` })),
      ...parts.map(({ name, kind }) => ({ word: name, about: kind })),
    ]
  } catch {
    return []
  }
}

/** Files of YAML, and folders, where the word under the cursor points. */
function paths(current: string): readonly Candidate[] {
  const folder = current.slice(0, current.lastIndexOf('/') + 1)
  const from = folder === '' ? '.' : folder
  if (!existsSync(from)) return []
  const entries = readdirSync(from, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  return entries.flatMap((entry) => {
    if (entry.isDirectory()) return [plain(`${folder}${entry.name}/`)]
    return path.extname(entry.name) === '.yaml' ? [plain(`${folder}${entry.name}`)] : []
  })
}

function plain(word: string): Candidate {
  return { word }
}
