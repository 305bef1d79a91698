import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Command, Option } from 'commander'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/main.ts'
import { stageWith } from '../../src/cli/scenario-entries.ts'
import { defaultLab, shippedLabs } from '../../src/cli/shipped-labs.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { parseScenario } from '../../src/scenario/read-scenario.ts'

const pages = [
  'README.md',
  'bench/README.md',
  'hw3/HW_3_SOLUTION.md',
  ...readdirSync('docs').map((file) => `docs/${file}`),
  ...readdirSync('labs').map((lab) => `labs/${lab}/README.md`),
].filter((page) => page.endsWith('.md') && existsSync(page))

const program = buildProgram()
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync('package.json', 'utf8')).scripts
const labs = shippedLabs().flatMap(({ names }) => names)

describe('every command that a page shows can be given as it stands', () => {
  test.each(pages)('%s', (page) => {
    expect(mistakesIn(readFileSync(page, 'utf8'))).toEqual([])
  })

  test('chaoslab --help', () => {
    let text = ''
    buildProgram()
      .configureOutput({ writeOut: (part) => (text += part) })
      .outputHelp()
    expect(mistakesIn(`\`\`\`\n${text}\n\`\`\``)).toEqual([])
  })

  test.each(program.commands.map((each) => each.name()).filter((name) => name !== 'complete'))(
    'chaoslab %s --help has one',
    (name) => {
      expect(readFileSync('docs/commands.md', 'utf8')).toMatch(new RegExp(`### chaoslab ${name}\n[^#]*\nExamples?:`))
    },
  )

  test.each([
    ['chaoslab frobnicate', 'there is no command frobnicate'],
    ['chaoslab status --yaml', 'status has no --yaml'],
    ['npm start -- traffic --writes lots', '--writes does not take lots'],
    ['chaoslab ui --endpoints second', '--endpoints does not take second'],
    ['chaoslab completion tcsh', 'completion does not take tcsh'],
    ['chaoslab --lab hw4 status', 'there is no lab hw4'],
    ['chaoslab inject kill', 'inject lacks target'],
    ['chaoslab status now', 'status does not take now'],
    ['chaoslab run labs/pair/scenarios/none.yaml', 'there is no labs/pair/scenarios/none.yaml'],
    ['docker-compose -f labs/none.yml up', 'there is no labs/none.yml'],
    ['node dist-labs/pair/none.js', 'there is no labs/pair/none.ts'],
    ['npm run none', 'there is no script none'],
  ])('a mistake is seen: %s', (line, mistake) => {
    expect(commandsOf(`\`\`\`sh\n${line}   # as a comment says\n\`\`\``).flatMap(whatIsWrong)).toEqual([mistake])
  })
})

function mistakesIn(page: string): string[] {
  return commandsOf(page).flatMap((words) => whatIsWrong(words).map((mistake) => `${words.join(' ')}: ${mistake}`))
}

describe('every scenario that a page shows can be played as it stands', () => {
  test.each(pages)('%s', async (page) => {
    const blocks = [...readFileSync(page, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
    const definition = await readLabDefinition(defaultLab())
    const stage = stageWith(definition, definition.place.shape)
    for (const text of blocks.filter((each) => /^steps:/m.test(each)))
      expect(parseScenario(page, text, stage).steps).not.toEqual([])
  })
})

/** Each as its words: the lines of blocks of code, and what stands as code in a sentence and begins as a command does. */
function commandsOf(page: string): string[][] {
  const blocks = [...page.matchAll(/^```(?:sh|bash|text)?\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block
      .replaceAll(/ *\\\n */g, ' ')
      .split('\n')
      .map((line) => line.trim().split('  ', 1).join()),
  )
  const inline = [...page.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
  const isOne = ([first = '', second = '']: readonly string[]) =>
    ['chaoslab', 'npm', 'node', 'docker-compose'].includes(first) ||
    (program.commands.some((each) => each.name() === first) && second.startsWith('--'))
  return [...blocks.flatMap((line) => line.split(/ (?:&&|\|\|?|;) /)), ...inline].map(wordsOf).filter(isOne)
}

/** Up to a comment, a redirection or an ellipsis; what a person has to fill in stays as it is. Two spaces part what it does. */
function wordsOf(line: string): string[] {
  const words = [...line.trim().matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/['"]/g, ''))
  const end = words.findIndex((word) => /^(#|[<>&|;]|2>)/.test(word) || word.includes('…') || word === '[options]')
  return end === -1 ? words : words.slice(0, end)
}

function whatIsWrong(words: readonly string[]): string[] {
  const [first, second, third] = words
  if (first === 'npm' && second === 'run') return (third ?? '') in scripts ? [] : [`there is no script ${third}`]
  if (first === 'npm' && !(second === 'start' && third === '--')) return []
  const own = first === 'npm' ? words.slice(3) : second === 'dist/cli/chaoslab.js' ? words.slice(2) : words
  const missing = words.map(sourceOf).filter((file) => /^(labs|hw3|docs|bench)\/[^*]+$/.test(file) && !isThere(file))
  const isOther = first === 'node' && own === words
  const told = first === 'docker-compose' || isOther ? [] : parse(own[0] === 'chaoslab' ? own.slice(1) : own)
  return [...missing.map((file) => `there is no ${file}`), ...told]
}

/** `labs/mine` stands for the reader's own. */
function isThere(file: string): boolean {
  return file.startsWith('labs/mine') || existsSync(file)
}

function sourceOf(word: string): string {
  return word.replace(/^dist-labs\/(.+)\.js$/, 'labs/$1.ts')
}

const isPlaceholder = (word: string) => /^\[?[A-Z][A-Z:=_]*\]?$/.test(word)

function parse(words: readonly string[]): string[] {
  const mistakes: string[] = []
  const args: string[] = []
  let command: Command | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word.startsWith('--')) {
      const option = find(command, word)
      if (option === undefined) mistakes.push(`${command?.name() ?? 'chaoslab'} has no ${word}`)
      else if (option.required) mistakes.push(...wrongValue(option, words[++at]))
    } else if (command === undefined) {
      command = program.commands.find((each) => each.name() === word)
      if (command === undefined) return [...mistakes, `there is no command ${word}`]
    } else args.push(word)
  }
  return [...mistakes, ...(command === undefined ? [] : wrongArguments(command, args))]
}

function find(command: Command | undefined, word: string): Option | undefined {
  const own = command ?? program.commands.find((each) => each.name() === 'start')
  return [...(own?.options ?? []), ...program.options].find(({ long }) => long === word)
}

function wrongValue({ long, argChoices, parseArg }: Option, value: string | undefined): string[] {
  if (value === undefined) return [`${long} lacks its value`]
  if (isPlaceholder(value)) return []
  if (long === '--lab') return labs.includes(value) || /[./]/.test(value) ? [] : [`there is no lab ${value}`]
  try {
    parseArg?.(value, undefined)
    return argChoices === undefined || argChoices.includes(value) ? [] : [`${long} does not take ${value}`]
  } catch {
    return [`${long} does not take ${value}`]
  }
}

/** A command without any is only named, as in a sentence. */
function wrongArguments(command: Command, args: readonly string[]): string[] {
  const takes = command.registeredArguments
  const isOpen = takes.some(({ variadic }) => variadic)
  const lacks = args.length === 0 ? [] : takes.slice(args.length).filter(({ required }) => required)
  const extra = isOpen ? [] : args.slice(takes.length)
  const wrong = takes.flatMap(({ argChoices }, index) => {
    const word = args[index]
    return word !== undefined && argChoices !== undefined && !argChoices.includes(word) ? [word] : []
  })
  return [
    ...lacks.map((each) => `${command.name()} lacks ${each.name()}`),
    ...[...extra, ...wrong].map((word) => `${command.name()} does not take ${word}`),
  ]
}
