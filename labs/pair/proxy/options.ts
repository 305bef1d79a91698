import { parseArgs } from 'node:util'
import type { Node } from './relay.ts'
import { type Judged, KEPT } from './rule-fenced.ts'

export interface ProxyOptions {
  /** The first leads when nothing was ever decided. */
  readonly nodes: readonly [Node, Node]
  readonly listenPort: number
  readonly httpPort: number
  readonly stateFile: string
  readonly isFenced: boolean
  readonly user: string
  readonly password: string
  readonly connectTimeoutMs: number
  readonly promoteTimeoutMs: number
  readonly checkEveryMs: number
  readonly checkTimeoutMs: number
  readonly settings: Judged
}

export type Parsed =
  | { readonly type: 'options'; readonly options: ProxyOptions }
  | { readonly type: 'help' }
  | { readonly type: 'errors'; readonly errors: readonly string[] }

export const HELP = `A reverse proxy for PostgreSQL that promotes the standby.

usage: proxy --primary NAME=HOST:PORT --standby NAME=HOST:PORT [options]

  --primary NAME=HOST:PORT   who leads when nothing was ever decided
  --standby NAME=HOST:PORT   the other
  --port N                   where clients connect (5430)
  --http-port N              /status, /metrics, /may-start (5431)
  --state FILE               who leads, kept over restarts (/var/lib/pair-proxy/state.json)
  --user NAME                who may promote (postgres); the password comes from PGPASSWORD
  --connect-timeout MS       after which a server has refused (3000)
  --promote-timeout MS       how long a promotion may take (30000)

  --rule naive|fenced        when the lead changes (naive)
    naive: the first trouble of any session promotes the standby, for good
    fenced: promotes only after failed checks, and fences the old primary:
  --fenced                   the same as --rule fenced
  --check-every MS           one look at both servers (1000)
  --check-timeout MS         after which a check has failed (1000)
  --fall N                   failed checks in a row … (3)
  --over MS                  … over at least this long (3000)
  --hears-within MS          a standby that heard the primary within this time vouches for it (3000)
  --help
`

const text = { type: 'string' } as const
const NUMBERS = {
  port: 5430,
  'http-port': 5431,
  'connect-timeout': 3000,
  'promote-timeout': 30_000,
  'check-every': 1000,
  'check-timeout': 1000,
  fall: 3,
  over: 3000,
  'hears-within': 3000,
}
type NumberFlag = keyof typeof NUMBERS
const NUMBER_FLAGS = Object.keys(NUMBERS) as NumberFlag[]
const TEXTS = ['primary', 'standby', 'state', 'user', 'rule'] as const
const FLAGS = [...NUMBER_FLAGS, ...TEXTS, 'fenced', 'help'] as const

/** Reads the flags; all that is wrong with them is said at once. */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): Parsed {
  const settings = Object.fromEntries([...NUMBER_FLAGS, ...TEXTS].map((name) => [name, text]))
  const booleans = { fenced: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  const options = { ...settings, ...booleans }
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  if (values.help) return { type: 'help' }
  const errors: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') errors.push(`"${token.value}" is no flag`)
    if (token.kind === 'option' && !(FLAGS as readonly string[]).includes(token.name)) {
      errors.push(`there is no ${token.rawName}`)
    }
  }
  const rule = values.rule ?? 'naive'
  if (rule !== 'naive' && rule !== 'fenced') errors.push(`--rule takes naive or fenced, not "${rule}"`)
  const number = (name: NumberFlag) => readNumber(name, values[name], errors)
  const primary = readNode('primary', values.primary, errors)
  const standby = readNode('standby', values.standby, errors)
  if (primary && primary.name === standby?.name) errors.push(`--primary and --standby are both called ${primary.name}`)
  const parsed = {
    listenPort: number('port'),
    httpPort: number('http-port'),
    connectTimeoutMs: number('connect-timeout'),
    promoteTimeoutMs: number('promote-timeout'),
    checkEveryMs: number('check-every'),
    checkTimeoutMs: number('check-timeout'),
    settings: { fall: number('fall'), overMs: number('over'), hearsWithinMs: number('hears-within') },
    stateFile: String(values.state ?? '/var/lib/pair-proxy/state.json'),
    isFenced: values.fenced === true || rule === 'fenced',
    user: String(values.user ?? 'postgres'),
    password: environment.PGPASSWORD ?? '',
  }
  if (parsed.settings.fall > KEPT || parsed.settings.overMs / parsed.checkEveryMs > KEPT) {
    errors.push(`--fall and --over may not span more than ${KEPT} checks`)
  }
  if (errors.length > 0 || !primary || !standby) return { type: 'errors', errors }
  return { type: 'options', options: { ...parsed, nodes: [primary, standby] } }
}

function readNumber(name: NumberFlag, value: unknown, errors: string[]): number {
  if (value === undefined) return NUMBERS[name]
  const isGood = typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value)
  if (!isGood)
    errors.push(`--${name} takes a whole number above 0${typeof value === 'string' ? `, not "${value}"` : ''}`)
  return isGood ? Number(value) : NUMBERS[name]
}

function readNode(flag: string, value: unknown, errors: string[]): Node | null {
  if (value === undefined) {
    errors.push(`--${flag} is missing`)
    return null
  }
  const match = /^([\w-]+)=([\w.-]+):(\d{1,5})$/.exec(String(value))
  if (!match) {
    errors.push(`--${flag} takes NAME=HOST:PORT${typeof value === 'string' ? `, not "${value}"` : ''}`)
    return null
  }
  return { name: match[1] as string, host: match[2] as string, port: Number(match[3]) }
}
