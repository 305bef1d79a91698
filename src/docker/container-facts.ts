import { z } from 'zod'
import { findTarget } from './act.ts'
import { type Engine, inspectContainer } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { toMemoryLimit } from './limits.ts'
import type { ContainerScope } from './scope.ts'

/** What a fault has to know of a container before it changes anything. */
export interface ContainerFacts {
  readonly id: string
  readonly name: string
  /** created, running, paused, restarting, removing, exited, dead. */
  readonly state: string
  /** Its IPv4 addresses, of every network that it is in; empty when it does not run. */
  readonly addresses: readonly string[]
  /** Every network that it is in, or was made to be in when it does not run. */
  readonly networks: readonly ContainerNetwork[]
  /** When it was last started, as the engine writes it; null before that. A restart gives it a new network. */
  readonly startedAt: string | null
  /** 0 is no limit. */
  readonly memoryBytes: number
  /** Memory and swap together: 0 is twice the memory, -1 no limit. */
  readonly memorySwapBytes: number
  /** Of a core, in thousand millionths; 0 is no limit. */
  readonly nanoCpus: number
  /** Microseconds of every period; 0 is no limit. */
  readonly cpuQuotaMicros: number
  /** 0 is the kernel's own, 100,000. */
  readonly cpuPeriodMicros: number
  readonly wasOomKilled: boolean
  /** The named volumes in it: where each is mounted, by its name. */
  readonly volumes: Readonly<Record<string, string>>
}

interface ContainerNetwork {
  /** IPv4; null while it does not run, unless it was given a fixed one. */
  readonly address: string | null
  /** Whose address callers through published ports come with; null while it does not run. */
  readonly gateway: string | null
  /** `172.30.77.0/24`; null while it does not run. */
  readonly subnet: string | null
}

const schema = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({ Status: z.string(), OOMKilled: z.boolean().default(false), StartedAt: z.string().nullish() }),
  HostConfig: z.object({
    Memory: z.number().default(0),
    MemorySwap: z.number().default(0),
    NanoCpus: z.number().default(0),
    CpuQuota: z.number().default(0),
    CpuPeriod: z.number().default(0),
  }),
  Mounts: z.array(z.object({ Type: z.string(), Name: z.string().default(''), Destination: z.string() })).default([]),
  NetworkSettings: z.object({
    Networks: z
      .record(
        z.string(),
        z.object({
          IPAddress: z.string().default(''),
          IPPrefixLen: z.number().default(0),
          Gateway: z.string().default(''),
          IPAMConfig: z.object({ IPv4Address: z.string().nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
})

/**
 * @throws {ContainerError} no such service in the scope
 * @throws {EngineError}
 */
export async function containerFacts(
  engine: Engine,
  scope: ContainerScope,
  service: string,
  signal?: AbortSignal,
): Promise<ContainerFacts> {
  const target = await findTarget(engine, scope, service, signal)
  const parsed = schema.safeParse(await inspectContainer(engine, target.id, { signal }))
  if (!parsed.success)
    throw new EngineError('unexpected', `what the engine says of ${service} is not as its API has it`)
  const { Id, Name, State, HostConfig, Mounts, NetworkSettings } = parsed.data
  const networks = Object.values(NetworkSettings.Networks ?? {})
  const named = Mounts.filter(({ Type, Name }) => Type === 'volume' && Name !== '')
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    state: State.Status,
    addresses: networks.map((network) => network.IPAddress).filter((address) => address !== ''),
    networks: networks.map((network) => ({
      address: network.IPAddress || network.IPAMConfig?.IPv4Address || null,
      gateway: network.Gateway || null,
      subnet: network.IPAddress === '' ? null : subnetOf(network.IPAddress, network.IPPrefixLen),
    })),
    startedAt: State.StartedAt && !State.StartedAt.startsWith('0001-') ? State.StartedAt : null,
    ...toMemoryLimit(HostConfig.Memory, HostConfig.MemorySwap),
    nanoCpus: HostConfig.NanoCpus,
    // -1 is what a quota is taken back with.
    cpuQuotaMicros: Math.max(0, HostConfig.CpuQuota),
    cpuPeriodMicros: HostConfig.CpuPeriod,
    wasOomKilled: State.OOMKilled,
    volumes: Object.fromEntries(named.map(({ Name, Destination }) => [Name, Destination])),
  }
}

function subnetOf(address: string, prefixLength: number): string {
  const number = address.split('.').reduce((all, byte) => all * 256 + Number(byte), 0)
  const size = 2 ** (32 - prefixLength)
  const first = Math.floor(number / size) * size
  return `${[24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256).join('.')}/${prefixLength}`
}
