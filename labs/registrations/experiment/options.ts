import { parseArgs } from 'node:util'

export interface ExperimentOptions {
  readonly base: string
  readonly config: string
  readonly seconds: number
  readonly perSecond: number
  readonly seed: number
  /** How many times a request is sent again when its answer is not known. */
  readonly retries: number
  /** After how long a client gives an answer up. */
  readonly patienceMs: number
  /** One request in so many is sent twice on purpose; 0 for none. */
  readonly twiceIn: number
  readonly fault: string
  readonly faultAtSeconds: number
  readonly after: string
  readonly afterSeconds: number
  readonly settleSeconds: number
  readonly out: string
}

export const HELP = `Registers students at an even rate, breaks something, and counts what became of each registration.

usage: experiment [options]

  --base URL           the application (http://127.0.0.1:5000); several, with commas, take turns
  --config FILE        where the servers are, for the count at the end (labs/registrations/servers.yaml)
  --for SECONDS        how long (20)
  --rate N             registrations a second (20)
  --seed N             which students register for which sections (1)
  --retries N          how often a request is sent again whose answer is not known (3)
  --patience MS        after how long a client gives up waiting (3000)
  --twice-in N         one request in N is sent twice at the same time (0: none)
  --fault COMMAND      of the shell (nothing)
  --fault-at S         when (8)
  --after COMMAND      what puts it right (nothing)
  --after-seconds S    how much later (4)
  --settle SECONDS     how long to wait, once every server answers, until nothing is missing (10)
  --out FOLDER         for result.json, ledger.ndjson and lag.ndjson (runs/registrations)
  --help
`

const TEXTS = {
  base: 'http://127.0.0.1:5000',
  config: 'labs/registrations/servers.yaml',
  fault: '',
  after: '',
  out: 'runs/registrations',
}
const NUMBERS = {
  for: 20,
  rate: 20,
  seed: 1,
  retries: 3,
  patience: 3000,
  'twice-in': 0,
  'fault-at': 8,
  'after-seconds': 4,
  settle: 10,
}

type Parsed = { readonly options: ExperimentOptions } | { readonly errors: readonly string[] } | { readonly help: true }

/** The options, or all that is wrong with them. */
export function parseExperiment(args: readonly string[]): Parsed {
  const names = [...Object.keys(TEXTS), ...Object.keys(NUMBERS)]
  const text = { type: 'string' } as const
  const settings = { ...Object.fromEntries(names.map((name) => [name, text])), help: { type: 'boolean' } as const }
  const { values, tokens } = parseArgs({ args: [...args], options: settings, strict: false, tokens: true })
  if (values.help) return { help: true }
  const errors: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') errors.push(`"${token.value}" is no option`)
    if (token.kind === 'option' && !names.includes(token.name)) errors.push(`there is no ${token.rawName}`)
    if (token.kind === 'option' && names.includes(token.name) && token.value === undefined) {
      errors.push(`${token.rawName} takes a value`)
    }
  }
  const number = (name: keyof typeof NUMBERS) => {
    const value = Number(values[name] ?? NUMBERS[name])
    if (!(value >= 0)) errors.push(`--${name} takes a number`)
    return value
  }
  const string = (name: keyof typeof TEXTS) => String(values[name] ?? TEXTS[name])
  const options: ExperimentOptions = {
    base: string('base'),
    config: string('config'),
    seconds: number('for'),
    perSecond: number('rate'),
    seed: number('seed'),
    retries: number('retries'),
    patienceMs: number('patience'),
    twiceIn: number('twice-in'),
    fault: string('fault'),
    faultAtSeconds: number('fault-at'),
    after: string('after'),
    afterSeconds: number('after-seconds'),
    settleSeconds: number('settle'),
    out: string('out'),
  }
  return errors.length > 0 ? { errors } : { options }
}
