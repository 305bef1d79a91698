import { z } from 'zod'
import { orElse } from '../model/did-you-mean.ts'
import { PROBE_INTERVAL_MS } from '../model/probe-interval.ts'
import { isBetween, parseDuration } from '../model/units.ts'
import { httpUrl, name, secret } from '../systems/definition-parts.ts'
import { DEFAULT_SYSTEM, systems } from '../systems/systems.ts'
import { DEFAULT_WORKLOAD, workloadTypes } from '../workloads/workloads.ts'
import { hostsSection } from './hosts.ts'

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
      /** Whether every repeat of `run` begins with new containers and data: for a system that knows no way back. */
      fresh: z.boolean().default(false),
      environment: z.record(z.string(), z.string()).default({}),
      /** The network that reaches over all hosts, which `up` makes, and the swarm that it needs. */
      overlay: z.strictObject({ name, subnet: z.cidrv4() }).optional(),
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
  /** The machines that it runs on, each with an engine of its own; left out: one, whose engine the docker CLI uses. */
  hosts: hostsSection.optional(),
  /** A script of its own that `start` runs where there is no terminal, instead of the first experiment. */
  experiment: z.string().optional(),
  /** Whose alerts are watched: `wait: { alert: NAME }` in a scenario. */
  prometheus: z.strictObject({ url: httpUrl }).optional(),
}

/** Any longer, and the time to the next question would be a silence. */
export const MOST_PROBE_INTERVAL_MS = 400

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
  /** How far apart the probes are that clock its outages. */
  probe: z
    .string()
    .refine((text) => isBetween(parseDuration(text), PROBE_INTERVAL_MS, MOST_PROBE_INTERVAL_MS), {
      error: `expected a duration from ${PROBE_INTERVAL_MS}ms to ${MOST_PROBE_INTERVAL_MS}ms`,
    })
    .transform((text) => parseDuration(text) ?? PROBE_INTERVAL_MS)
    .optional(),
}

const types = systems.map(({ type }) => type)
const unknownSystem = z.enum(types, {
  error: ({ input }) => `there is no such system; ${orElse(String(input), types)}`,
})

/** What is said of one system under test, by what it says that it is. */
function instanceSections(content: unknown) {
  const said = (content as { system?: unknown } | null)?.system ?? DEFAULT_SYSTEM
  const system = systems.find(({ type }) => type === said)
  if (system === undefined) return { system: unknownSystem }
  return { system: z.literal(system.type).default(system.type), ...system.sections, ...systemSections }
}

/** What a definition may say, by what it says: of a lab with one system, or with several. */
export function schemaOf(content: unknown): z.ZodType<LabFile> {
  const several = (content as { instances?: unknown } | null)?.instances
  const schema =
    several === undefined
      ? z.strictObject({ ...labSections, ...instanceSections(content) })
      : z.strictObject({ ...labSections, instances: instancesSchema(several) })
  return schema as unknown as z.ZodType<LabFile>
}

function instancesSchema(content: unknown) {
  const names = typeof content === 'object' && content !== null ? Object.keys(content) : []
  return z
    .strictObject(
      Object.fromEntries(
        names.map((each) => {
          const standsOn = z
            .array(
              z.enum(
                names.filter((other) => other !== each),
                { error: NO_OTHER },
              ),
            )
            .optional()
          const sections = { ...instanceSections((content as Record<string, unknown>)[each]), standsOn }
          return [each, INSTANCE.test(each) ? z.strictObject(sections) : z.never(UNFIT)]
        }),
      ),
      {
        error: (issue) => (issue.code === 'invalid_type' ? 'expected the systems by name: { a: …, b: … }' : undefined),
      },
    )
    .refine(() => names.length > 0, 'expected at least one system')
}

/** No dot in it: `a.leader` is the leader of `a`. */
const INSTANCE = /^[a-z][a-z0-9-]*$/i
const NO_OTHER = 'expected names of other systems of this lab'
const UNFIT = 'a system is named by letters, digits and dashes, a letter first'

export type LabSections = z.output<z.ZodObject<typeof labSections>>
export type InstanceFile = z.output<z.ZodObject<typeof systemSections>> & {
  readonly system: string
  /** Whose faults it feels, in a lab of several. */
  readonly standsOn?: readonly string[]
}
export type LabFile = LabSections & (InstanceFile | { readonly instances: Readonly<Record<string, InstanceFile>> })
