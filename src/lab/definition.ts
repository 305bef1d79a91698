import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Credentials } from '../model/address.ts'
import { orElse } from '../model/did-you-mean.ts'
import { httpUrl, name, secret } from '../systems/definition-parts.ts'
import type { Place, SecretSource } from '../systems/place.ts'
import type { System } from '../systems/system.ts'
import { DEFAULT_SYSTEM, systems } from '../systems/systems.ts'
import type { Workload } from '../workloads/workload.ts'
import { DEFAULT_WORKLOAD, findWorkload, workloads, workloadTypes } from '../workloads/workloads.ts'
import { type Problem, readYamlFile } from './yaml-file.ts'

/** The image with bash, nft and tc from which network faults make their side containers; default compose.image.tag. */
const tools = z.string().optional()

/** What is said of a lab, whatever it is about. */
const labSections = {
  name,
  /** What it is, in a line. */
  description: z.string().optional(),
  /** Only for a lab that `up` and `down` manage. */
  compose: z
    .strictObject({
      file: z.string(),
      project: name,
      image: z.strictObject({ tag: z.string(), context: z.string() }).optional(),
      /** Whether a service runs an application of `labs/`: then `up` builds the image `lab-node`, too. */
      app: z.boolean().default(false),
      environment: z.record(z.string(), z.string()).default({}),
      /** What `up --proxies 2` switches on. */
      secondProxy: z.strictObject({ profile: name }).optional(),
      /** Profiles that are switched on where their image can be had; the lab works without them. */
      optional: z.array(z.strictObject({ profile: name, image: z.string() })).default([]),
    })
    .optional(),
  /** Where the containers are found: by compose project, or by their own names. Left out: no container is touched. */
  docker: z
    .union([z.strictObject({ project: name, tools }), z.strictObject({ containers: z.array(name).min(1), tools })], {
      error: 'expected either project: NAME or containers: [NAME, …]',
    })
    .optional(),
  /** Whose alerts are watched: `wait: { alert: NAME }` in a scenario. */
  prometheus: z.strictObject({ url: httpUrl }).optional(),
}

/** What is said of a system under test, beside its own sections. */
const systemSections = {
  postgres: z.strictObject({ database: z.string(), user: z.string(), password: secret }),
  /** What the traffic does; `schema` is applied before it starts and must be safe to apply again. */
  workload: z
    .strictObject({
      type: z.enum(workloadTypes, `there is no such workload; expected one of ${workloadTypes.join(', ')}`),
      schema: z.string().optional(),
    })
    .default({ type: DEFAULT_WORKLOAD }),
}

const types = systems.map(({ type }) => type)
const unknownSystem = z.enum(types, {
  error: ({ input }) => `there is no such system; ${orElse(String(input), types)}`,
})
const schemas = new Map(
  systems.map((system) => [
    system.type,
    z.strictObject({
      ...labSections,
      system: z.literal(system.type).default(system.type),
      ...system.sections,
      ...systemSections,
    }),
  ]),
)

/** By what the file says that it is about. */
function schemaOf(content: unknown): z.ZodType<LabFile> {
  const said = (content as { system?: unknown } | null)?.system ?? DEFAULT_SYSTEM
  const schema = schemas.get(String(said)) ?? z.strictObject({ ...labSections, system: unknownSystem })
  return schema as unknown as z.ZodType<LabFile>
}

type LabFile = z.output<z.ZodObject<typeof labSections & typeof systemSections>> & { readonly system: string }

/** A system under test of a lab, and what its clients do. */
export interface Instance {
  readonly system: System
  readonly place: Place
  readonly postgres: Credentials
  readonly workload: LabFile['workload']
}

export type LabDefinition = Pick<LabFile, keyof typeof labSections> &
  Instance & {
    /** The folder of the file: relative paths in it start here. */
    readonly folder: string
  }

/**
 * Reads a lab definition and the secrets that it names.
 * @throws {FileError} with every mistake: line, path, what was expected.
 */
export async function readLabDefinition(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LabDefinition> {
  const folder = path.resolve(path.dirname(file))
  return readYamlFile(file, schemaOf, (parsed, problems) => {
    const wrong = (where: Problem['path'], message: string) => void problems.push({ path: where, message })
    const read = (where: Problem['path'], from: SecretSource): string => {
      const found = readSecret(folder, from, environment)
      if (!found.ok) wrong(where, found.error)
      return found.ok ? found.value : ''
    }
    const { name, description, compose, docker, prometheus, postgres, workload, system: type, ...sections } = parsed
    const system = systems.find((each) => each.type === type) as System
    const place = system.locate({ name, sections, wrong, secret: read })
    if (compose?.secondProxy && place.missing(place.shape).length === 0)
      wrong(['compose', 'secondProxy'], 'haproxy.second does not say where it is')
    const password = read(['postgres', 'password'], postgres.password)
    const about = { name, description, compose, docker, prometheus, folder }
    return { ...about, system, place, postgres: { ...postgres, password }, workload }
  })
}

/** What its clients do. */
export function workloadOf({ workload }: Pick<Instance, 'workload'>): Workload {
  return findWorkload(workload.type) ?? workloads[0]
}

/** Why nothing can be broken in a lab whose definition leaves `docker` out. */
export const NOTHING_TO_TOUCH =
  'docker is missing in the lab definition, so no container may be touched: name them (docker: { project: NAME } or docker: { containers: [NAME, …] })'

type Secret = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string }

/** A variable that is set to nothing counts as not set; a file may end in a line break. */
function readSecret(folder: string, from: SecretSource, environment: NodeJS.ProcessEnv): Secret {
  const fromEnvironment = from.env === undefined ? undefined : environment[from.env]
  if (fromEnvironment !== undefined && fromEnvironment !== '') return { ok: true, value: fromEnvironment }
  if (from.file === undefined) return { ok: false, error: `the environment variable ${from.env} is not set` }
  try {
    const value = readFileSync(path.resolve(folder, from.file), 'utf8').replace(/\r?\n$/, '')
    return value === '' ? { ok: false, error: `${from.file} is empty` } : { ok: true, value }
  } catch (error) {
    return { ok: false, error: `${from.file} cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}
