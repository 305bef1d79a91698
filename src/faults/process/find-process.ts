import type { Process } from './processes.ts'

/** The server's first process, whose children all others are; null when there is none. */
export function findPostmaster(processes: readonly Process[]): Process | null {
  const servers = processes.filter(({ name, commandLine }) => name === 'postgres' && SERVER.test(commandLine))
  // Between its fork and its new title a backend looks like the postmaster.
  return servers.find(({ parentPid }) => !servers.some((each) => each.pid === parentPid)) ?? null
}

/** Started as a program, and to serve: children call themselves `postgres: …`, and initdb's own has no -D. */
const SERVER = /^(\S*\/)?postgres\s.*-D\s/

/**
 * The Patroni that does the work. As the first process of a container Patroni only hands signals on and waits for a
 * child that does (patroni/__main__.py, `main`); what that one forks in turn is not it.
 */
export function findPatroni(processes: readonly Process[]): Process | null {
  const patronis = processes.filter(({ commandLine, state }) => PATRONI.test(commandLine) && state !== 'Z')
  const first = patronis.find(({ pid }) => pid === 1)
  const worker = patronis.find(({ parentPid }) => first !== undefined && parentPid === first.pid)
  return worker ?? patronis.find(({ parentPid }) => !patronis.some((each) => each.pid === parentPid)) ?? null
}

const PATRONI = /^(\S*python[\d.]*\s+(-\S+\s+)*)?(\S*\/)?patroni(\s|$)/

/** A process that serves somebody: a client, or a standby. */
export interface Served {
  readonly process: Process
  readonly user: string
  /** Of the one who is served; null for a local one. */
  readonly address: string | null
  readonly isBusy: boolean
}

/** Those of clients; titles are `postgres: CLUSTER: USER DATABASE HOST(PORT) ACTIVITY` (backend_status, ps_status.c). */
export function clientBackends(processes: readonly Process[]): readonly Served[] {
  return served(processes).filter(({ user }) => user !== 'walsender')
}

/** Those that stream to a standby: `postgres: CLUSTER: walsender USER HOST(PORT) streaming LSN`. */
export function walSenders(processes: readonly Process[]): readonly Served[] {
  return served(processes).filter(({ user }) => user === 'walsender')
}

/** The one that receives from the leader; null on a leader, and on a replica that is not connected. */
export function findWalReceiver(processes: readonly Process[]): Process | null {
  return children(processes).find(({ commandLine }) => /^postgres: (.*: )?walreceiver( |$)/.test(commandLine)) ?? null
}

function served(processes: readonly Process[]): readonly Served[] {
  return children(processes).flatMap((process) => {
    const found = TITLE.exec(process.commandLine)
    if (found === null) return []
    const [, user = '', host = '', activity = ''] = found
    const address = host === '[local]' ? null : host.replace(/\(\d+\)$/, '')
    return [{ process, user, address, isBusy: !activity.startsWith('idle') }]
  })
}

const TITLE = /^postgres: (?:[^:]*: )?(\S+) \S+ (\[local\]|[\da-f.:]+\(\d+\)) ?(.*)$/

function children(processes: readonly Process[]): readonly Process[] {
  const postmaster = findPostmaster(processes)
  if (postmaster === null) return []
  return processes.filter(({ parentPid, state }) => parentPid === postmaster.pid && state !== 'Z')
}
