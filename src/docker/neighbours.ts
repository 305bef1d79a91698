import { z } from 'zod'
import { cancellable, type Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'

/** One running container of whatever origin, as far as it takes to tell who has an address. */
export interface Neighbour {
  readonly name: string
  readonly compose: { readonly project: string; readonly service: string } | null
  readonly networks: readonly string[]
  /** Its IPv4 addresses in these. */
  readonly addresses: readonly string[]
  /** `on` is where the engine publishes the port on its own host; null when it does not. */
  readonly ports: readonly {
    readonly inside: number
    readonly on: { readonly host: string; readonly port: number } | null
  }[]
}

const schema = z.array(
  z.object({
    Names: z.array(z.string()),
    Labels: z.record(z.string(), z.string()).nullish(),
    Ports: z
      .array(
        z.object({
          IP: z.string().optional(),
          PrivatePort: z.number(),
          PublicPort: z.number().optional(),
          Type: z.string().default('tcp'),
        }),
      )
      .nullish(),
    NetworkSettings: z
      .object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string().default('') })).nullish() })
      .nullish(),
  }),
)

/** Every container that runs on this engine. Nothing is touched. @throws {EngineError} */
export async function listNeighbours(engine: Engine): Promise<readonly Neighbour[]> {
  const answer = await engine.call((docker, abort) => docker.listContainers(cancellable(abort)))
  const parsed = schema.safeParse(answer)
  if (!parsed.success) throw new EngineError('unexpected', 'its list of containers is not as its API has it')
  return parsed.data.map(({ Names, Labels, Ports, NetworkSettings }) => {
    const networks = Object.entries(NetworkSettings?.Networks ?? {})
    const project = Labels?.['com.docker.compose.project']
    const service = Labels?.['com.docker.compose.service']
    return {
      name: (Names[0] ?? '').replace(/^\//, ''),
      compose: project === undefined || service === undefined ? null : { project, service },
      networks: networks.map(([name]) => name),
      addresses: networks.map(([, { IPAddress }]) => IPAddress).filter((address) => address !== ''),
      ports: portsOf(Ports ?? []),
    }
  })
}

type Port = NonNullable<z.output<typeof schema>[number]['Ports']>[number]

/** IPv6 publishes the same once more. */
function portsOf(ports: readonly Port[]): Neighbour['ports'] {
  return ports
    .filter(({ Type, IP }) => Type === 'tcp' && !IP?.includes(':'))
    .map(({ PrivatePort, PublicPort, IP }) => ({
      inside: PrivatePort,
      on:
        PublicPort === undefined
          ? null
          : { host: IP === undefined || IP === '0.0.0.0' ? '127.0.0.1' : IP, port: PublicPort },
    }))
}
