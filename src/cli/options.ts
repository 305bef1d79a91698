import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseListen } from '../metrics/serve.ts'
import type { Address } from '../model/address.ts'
import { MAX_PER_SECOND, MAX_PIPELINE } from '../model/traffic-limits.ts'
import { parseDuration, parseRate } from '../model/units.ts'
import type { KnownEndpoints } from '../systems/place.ts'

/** Options that every command has. */
export interface GlobalOptions {
  /** The file of the lab definition. */
  readonly lab: string
  readonly debug?: true
}

/** Of commands that have clients. */
export interface ClientOptions {
  readonly writes: number
  readonly reads: number
  readonly endpoints: KnownEndpoints
  /** How many statements may be under way on a session. */
  readonly pipeline: number
  /** Instead of what the lab definition says. */
  readonly workload?: string
}

/*
 * The options that several commands have. Each is one value: commander reads it, and changes nothing of it.
 */

/** Which there are is the system's; what every command loads stays small. */
export const preset = new Option(
  '--preset <name>',
  "failover timing of a Patroni cluster: fast, or default for Patroni's own (default: fast)",
)

export const proxies = new Option(
  '--proxies <count>',
  'how many HAProxies to start, of those that the lab definition names; others that run already are left',
)
  .argParser(proxyCount)
  .default(1)

export const switchLab = new Option('--switch', 'take down the lab that holds the ports; its data is kept')

export const yes = new Option(
  '--yes',
  'in a lab on several hosts: do not ask before these are changed (Docker swarm and network)',
)

export const writes = new Option('--writes <rate>', 'writes a second').argParser(rate).default(50, '50/s')

export const reads = new Option('--reads <rate>', 'reads a second').argParser(rate).default(100, '100/s')

export const endpoints = new Option(
  '--endpoints <which>',
  'the proxies that the clients know, and try in order: the first alone, or all',
)
  .choices(['first', 'all'])
  .default('first')

export const pipeline = new Option(
  '--pipeline <count>',
  'how many statements may be under way on a session, each its own transaction; if the session is lost, all of them are unknown',
)
  .argParser(pipelineDepth)
  .default(1)

/** Which there are is not looked up here: what every command loads stays small. */
export const workload = new Option(
  '--workload <type>',
  'what the clients write and read, such as list-append (default: what the lab definition says)',
)

export const out = new Option('--out <folder>', 'where the folders of runs are kept').default('runs')

export const noRecord = new Option('--no-record', 'keep nothing of this run')

export const metricsListen = new Option(
  '--metrics-listen <host:port>',
  "serve metrics for Prometheus at this address alone (default: 127.0.0.1:9464 or the next free port, and the lab network's gateway)",
).argParser(listenAddress)

export const noMetrics = new Option('--no-metrics', 'serve no metrics')

/** What clients do: of commands that have any. */
export const clientOptions = [writes, reads, endpoints, pipeline]

/** What is kept of a run, and where its metrics are. */
export const runOptions = [out, noRecord, metricsListen, noMetrics]

export const junit = new Option('--junit <file>', 'write the results as JUnit XML, one case an expectation')

export const json = new Option('--json', 'print it as JSON, for a script')

/** Adds them all, in this order. */
export function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option)
  return command
}

/** Milliseconds. */
export function duration(text: string): number {
  const value = parseDuration(text)
  if (value === null || value === 0) throw new InvalidArgumentError('expected a duration like 30s or 5m')
  return value
}

function rate(text: string): number {
  const value = parseRate(text)
  if (value === null || value > MAX_PER_SECOND)
    throw new InvalidArgumentError(`expected a rate like 200/s, up to ${MAX_PER_SECOND}/s`)
  return value
}

function proxyCount(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('expected a number, 1 or more')
  return Number(text)
}

function pipelineDepth(text: string): number {
  const depth = /^\d+$/.test(text) ? Number(text) : 0
  if (depth < 1 || depth > MAX_PIPELINE) throw new InvalidArgumentError(`expected a number from 1 to ${MAX_PIPELINE}`)
  return depth
}

function listenAddress(text: string): Address {
  const address = parseListen(text)
  if (address === null) throw new InvalidArgumentError('expected HOST:PORT, e.g. 127.0.0.1:9464')
  return address
}
