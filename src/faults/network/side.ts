import { allEnded } from '../all-ended.ts'
import { FaultError, type FaultScope } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { tableOf } from './nft-table.ts'
import { readSide, SIDE_SCRIPT, type SideSaid } from './side-script.ts'
import type { Spot } from './spot.ts'

/** The labels of every side container: whose it is, and which fault's. */
export const SIDE_LABEL = 'chaoslab.lab'
export const FAULT_LABEL = 'chaoslab.fault'

/** A change inside the network of a part's container. All are taken back alike: see takeBackCommand. */
export interface NetworkChange {
  readonly at: Spot
  /** Whether the fault was aimed at it. It is over when the container of a target ends; the others come second. */
  readonly isTarget: boolean
  /** Shell commands that make it, with nft and tc: a table of {@link tableOf}, a queue of {@link QUEUE}. */
  readonly make: string
  /** Whom to try to reach before and afterwards, `ADDRESS:PORT`. */
  readonly tries?: readonly string[]
  /** Shell commands that show it, for {@link Changed.said}. */
  readonly show?: string
}

export interface Changed extends NetworkChange {
  readonly said: SideSaid
}

export interface ChangeOptions {
  /** Whether queues are changed too, not only nft's tables. */
  readonly isShaped?: boolean
  /** Milliseconds without a sign of life from the lab after which the changes are taken back by themselves. */
  readonly deadManMs: number
}

/** The handle by which a queue is known as the lab's. */
export const QUEUE = 'c4a0:'

/** Names the side container for one part of one fault. */
export function sideName(faultId: string, { service }: Pick<Part, 'service'>): string {
  return `chaoslab-${faultId}-${service}`
}

/**
 * Starts the side containers, which change nothing before they are told to. It is not broken off: a container that is
 * just being made could not be found and taken away.
 */
export async function startAll(
  changes: readonly NetworkChange[],
  scope: Pick<FaultScope, 'world' | 'id'>,
  { isShaped = false, deadManMs }: ChangeOptions,
): Promise<readonly RunningSide[]> {
  const { world } = scope
  const undo = takeBackCommand(scope.id, isShaped)
  const patience = String(Math.round(deadManMs / 1_000))
  return allEnded(
    changes.map(async ({ at: { part }, make, tries = [], show = '' }) => {
      const options = sideOptions(scope, sideName(scope.id, part), [SIDE_SCRIPT, make, undo, patience, show, ...tries])
      return { side: await world.containers.startBeside(part.service, options), part }
    }),
  )
}

/** A container that runs a script with bash for one fault. */
export function sideOptions(
  { world, id }: Pick<FaultScope, 'world' | 'id'>,
  name: string,
  [script, ...given]: readonly [string, ...string[]],
) {
  return {
    image: toolsImage(world),
    name,
    labels: { [SIDE_LABEL]: world.mark, [FAULT_LABEL]: id },
    command: ['bash', '-c', script, 'chaoslab', ...given],
    vanishes: true,
  } as const
}

/** A side container that runs. */
export interface RunningSide {
  /** Its id. */
  readonly side: string
  readonly part: Part
}

/** Has all of them make their change, and waits until they have made sure of it. */
export async function makeAll(
  sides: readonly RunningSide[],
  world: World,
  signal: AbortSignal,
): Promise<readonly SideSaid[]> {
  await Promise.all(sides.map((side) => untilSaid(side, ({ isReady }) => isReady, world, signal)))
  const heard = await Promise.all(sides.map(({ side }) => world.containers.sides.signal(side, 'SIGUSR2', signal)))
  const deaf = sides[heard.indexOf(false)]
  if (deaf) throw new FaultError(`the container beside ${deaf.part.name} ended before it had changed anything`)
  return Promise.all(sides.map((side) => untilSaid(side, ({ isDone }) => isDone, world, signal)))
}

/** Takes back whatever a fault has changed in a network; succeeds too when nothing was. */
export function takeBackCommand(faultId: string, isShaped: boolean): string {
  const table = `nft 'add table ${tableOf(faultId)}; delete table ${tableOf(faultId)}'`
  if (!isShaped) return table
  const queues = `tc qdisc show | sed -n 's/^qdisc [a-z]* ${QUEUE} dev \\([^ @]*\\) .*/\\1/p'`
  return `${table}; for device in $(${queues}); do tc qdisc del dev $device root; done`
}

/** Runs commands once in the network of a part's container, which is not changed for longer than they take. */
export async function lookInside(service: string, command: string, world: World, signal: AbortSignal): Promise<string> {
  const options = { image: toolsImage(world), labels: { [SIDE_LABEL]: world.mark }, command: ['bash', '-c', command] }
  const { code, stdout, stderr } = await world.containers.runBeside(service, options, signal)
  if (code !== 0) throw new FaultError(`in the network of ${service}: ${lastLine(stderr) || `exit code ${code}`}`)
  return stdout.trim()
}

export function toolsImage({ toolsImage }: World): string {
  if (toolsImage !== null) return toolsImage
  throw new FaultError(NO_TOOLS)
}

export const NO_TOOLS =
  'network faults need an image with bash, nft and tc: name one as docker.tools in the lab definition'

const POLL_MS = 60
const PATIENCE_MS = 15_000

async function untilSaid(
  { side, part }: RunningSide,
  isEnough: (said: SideSaid) => boolean,
  world: World,
  signal: AbortSignal,
): Promise<SideSaid> {
  const { containers, clock } = world
  const untilMs = clock.nowMs() + PATIENCE_MS
  while (clock.nowMs() < untilMs) {
    const { stdout, stderr } = await logsOf(side, part, containers.sides)
    const said = readSide(stdout)
    if (isEnough(said)) return said
    if (said.hasFailed) throw new FaultError(`in the network of ${part.name}: ${lastLine(stderr) || 'it failed'}`)
    await clock.sleep(POLL_MS, signal)
  }
  throw new FaultError(`the container beside ${part.name} was not ready within ${PATIENCE_MS / 1_000} s`)
}

/** One that has ended is gone, and its words with it. */
async function logsOf(side: string, { name }: Part, sides: World['containers']['sides']) {
  try {
    return await sides.logs(side)
  } catch (error) {
    const isGone = [404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)
    throw isGone ? new FaultError(`the container beside ${name} ended`, { cause: error }) : error
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/** Where a fault has side containers: each by its name, with the service that it stands beside. */
interface SidesAt {
  readonly at: readonly { readonly service: string; readonly side: string }[]
}

/** Ends them, and waits until they are gone. @returns those that were there */
export async function endSides(sides: SidesAt, world: World, signal: AbortSignal) {
  const found = await sidesOf(sides, world, signal)
  await Promise.all(found.map(({ id }) => world.containers.sides.end(id, signal)))
  while ((await sidesOf(sides, world, signal)).length > 0) await world.clock.sleep(GONE_POLL_MS, signal)
  return found
}

const GONE_POLL_MS = 50

/** Says that one of them is still there; null when none is. */
export async function whichSideRemains(sides: SidesAt, world: World, signal: AbortSignal): Promise<string | null> {
  const [side] = await sidesOf(sides, world, signal)
  return side === undefined ? null : `the container ${side.name} is still there`
}

/** Those that are still there. @throws {EngineError} an engine does not answer */
export async function sidesOf({ at }: SidesAt, { containers, mark }: World, signal: AbortSignal) {
  const names = new Set(at.map(({ side }) => side))
  const services = at.map(({ service }) => service)
  const sides = await containers.sides.list([`${SIDE_LABEL}=${mark}`], signal, services)
  return sides.filter((side) => names.has(side.name))
}
