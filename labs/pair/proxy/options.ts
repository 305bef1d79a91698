import { Command, InvalidArgumentError, Option } from 'commander'
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

interface Flags extends Pick<ProxyOptions, 'user'> {
  readonly primary: Node
  readonly standby: Node
  readonly port: number
  readonly httpPort: number
  readonly state: string
  readonly rule: 'naive' | 'fenced'
  readonly fenced?: true
  readonly connectTimeout: number
  readonly promoteTimeout: number
  readonly checkEvery: number
  readonly checkTimeout: number
  readonly fall: number
  readonly over: number
  readonly hearsWithin: number
}

/** Reads the flags. @throws {CommanderError} help was asked for, or one is wrong: either has been printed */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): ProxyOptions {
  const command = flags()
  const given = command.parse(args, { from: 'user' }).opts<Flags>()
  const { primary, standby, fall, over: overMs, hearsWithin: hearsWithinMs, checkEvery: checkEveryMs } = given
  if (primary.name === standby.name) command.error(`error: --primary and --standby are both called ${primary.name}`)
  if (fall > KEPT || overMs / checkEveryMs > KEPT) {
    command.error(`error: --fall and --over may not span more than ${KEPT} checks`)
  }
  return {
    nodes: [primary, standby],
    listenPort: given.port,
    httpPort: given.httpPort,
    stateFile: given.state,
    isFenced: given.fenced === true || given.rule === 'fenced',
    user: given.user,
    password: environment.PGPASSWORD ?? '',
    connectTimeoutMs: given.connectTimeout,
    promoteTimeoutMs: given.promoteTimeout,
    checkEveryMs,
    checkTimeoutMs: given.checkTimeout,
    settings: { fall, overMs, hearsWithinMs },
  }
}

function flags(): Command {
  const rule = new Option(
    '--rule <rule>',
    'naive: the first trouble of any session promotes the standby, for good; fenced: it is promoted only after failed checks, and the old primary is fenced',
  )
  return new Command('proxy')
    .description('A reverse proxy for PostgreSQL that promotes the standby.')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .requiredOption('--primary <name=host:port>', 'who leads when nothing was ever decided', node)
    .requiredOption('--standby <name=host:port>', 'the other', node)
    .option('--port <n>', 'where clients connect', whole, 5430)
    .option('--http-port <n>', '/status, /metrics, /may-start', whole, 5431)
    .option('--state <file>', 'who leads, kept over restarts', '/var/lib/pair-proxy/state.json')
    .option('--user <name>', 'who may promote; the password comes from PGPASSWORD', 'postgres')
    .option('--connect-timeout <ms>', 'after which a server has refused', whole, 3000)
    .option('--promote-timeout <ms>', 'how long a promotion may take', whole, 30_000)
    .addOption(rule.choices(['naive', 'fenced']).default('naive'))
    .option('--fenced', 'the same as --rule fenced')
    .option('--check-every <ms>', 'one look at both servers', whole, 1000)
    .option('--check-timeout <ms>', 'after which a check has failed', whole, 1000)
    .option('--fall <n>', 'failed checks in a row …', whole, 3)
    .option('--over <ms>', '… over at least this long', whole, 3000)
    .option('--hears-within <ms>', 'a standby that heard the primary within this time vouches for it', whole, 3000)
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number above 0')
  return Number(text)
}

function node(text: string): Node {
  const [, name, host, port] = /^([\w-]+)=([\w.-]+):(\d{1,5})$/.exec(text) ?? []
  if (name === undefined || host === undefined) throw new InvalidArgumentError('expected NAME=HOST:PORT')
  return { name, host, port: Number(port) }
}
