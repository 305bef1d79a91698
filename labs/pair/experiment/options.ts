import { parseArgs } from 'node:util'

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

export const HELP = `An even load through the proxy, a fault in the middle, and how many rows each server has all the while.

usage: experiment [options]

  --for SECONDS        how long (10)
  --rate N             inserts a second (10)
  --fault COMMAND      what is done in the middle ("docker stop my_primary")
  --after COMMAND      what is done later ("docker start my_primary"; nothing by default)
  --after-seconds S    how much later (5)
  --hold SECONDS       how much longer to count, without a load, after the end (0)
  --direct             a second client writes to my_primary directly, past the proxy, five times a second
  --out FOLDER         for curves.svg, curves.csv and result.json (runs/pair)
  --help
`

/** The options, or all that is wrong with them. */
export function parseExperiment(args: readonly string[]): ExperimentOptions | { readonly errors: readonly string[] } {
  const text = { type: 'string' } as const
  const names = ['for', 'rate', 'fault', 'after', 'after-seconds', 'hold', 'out'] as const
  const settings = { ...Object.fromEntries(names.map((name) => [name, text])), direct: { type: 'boolean' } as const }
  const { values, tokens } = parseArgs({ args: [...args], options: settings, strict: false, tokens: true })
  const errors: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') errors.push(`"${token.value}" is no option`)
    if (token.kind === 'option' && !(token.name in settings)) errors.push(`there is no ${token.rawName}`)
  }
  const number = (name: string, otherwise: number, least = 1) => {
    const value = values[name] === undefined ? otherwise : Number(values[name])
    if (!(value >= least && value <= 3600)) errors.push(`--${name} takes a number from ${least} to 3600`)
    return value
  }
  const string = (name: string, otherwise: string) => {
    if (typeof values[name] === 'boolean') errors.push(`--${name} takes a value`)
    return typeof values[name] === 'string' ? values[name] : otherwise
  }
  const perSecond = number('rate', 10)
  const options = {
    inserts: Math.round(number('for', 10) * perSecond),
    perSecond,
    fault: string('fault', 'docker stop my_primary'),
    after: string('after', '') || null,
    afterSeconds: number('after-seconds', 5, 0),
    holdSeconds: number('hold', 0, 0),
    hasDirectClient: values.direct === true,
    out: string('out', 'runs/pair'),
  }
  return errors.length > 0 ? { errors } : options
}
