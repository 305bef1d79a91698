import { z } from 'zod'
import { parseDuration } from '../../model/units.ts'
import { address, httpUrl, name, secret } from '../definition-parts.ts'
import type { ProxyCheck } from './events.ts'

const listener = z.strictObject({ proxy: name, address })

/** HAProxy's `default-server inter … fall … rise …`, which bounds how soon it leads to a new leader. */
const proxyCheck = z
  .strictObject({
    inter: z.string(),
    fall: z.coerce.number().int().positive(),
    rise: z.coerce.number().int().positive(),
  })
  .refine(({ inter }) => parseDuration(inter) !== null, { path: ['inter'], error: 'expected a duration like 1s' })
  .transform(({ inter, fall, rise }): ProxyCheck => ({ interSeconds: (parseDuration(inter) ?? 0) / 1_000, fall, rise }))

/** Reads the check from the environment of the proxy's container, as docker-compose.yml gives it; null without. */
export function checkFromVariables(variables: Readonly<Record<string, string>>): ProxyCheck | null {
  const { CHECK_INTER: inter, CHECK_FALL: fall, CHECK_RISE: rise } = variables
  return proxyCheck.safeParse({ inter, fall, rise }).data ?? null
}

/** The sections of a lab definition that are Patroni's, etcd's and HAProxy's. */
export const sections = {
  patroni: z.strictObject({
    scope: name,
    nodes: z
      .array(
        z.strictObject({
          name,
          container: name.optional(),
          rest: httpUrl,
          postgres: address,
          /** What HAProxy calls its server, where neither its name nor its address tells. */
          server: name.optional(),
        }),
      )
      .min(1, 'expected at least one node'),
    auth: z.strictObject({ user: z.string(), password: secret }).optional(),
  }),
  etcd: z.strictObject({
    prefix: z.string().default('/service/'),
    members: z
      .array(z.strictObject({ name, container: name.optional(), client: httpUrl }))
      .min(1, 'expected at least one member'),
  }),
  haproxy: z
    .strictObject({
      container: name.optional(),
      stats: httpUrl,
      leader: listener,
      replicas: listener,
      /** Its `inter`, `fall` and `rise`; left out, they are looked for in its container's environment. */
      check: proxyCheck.optional(),
      /** Another one that leads to the same nodes, its listeners named alike. The lab works without it. */
      second: z
        .strictObject({ container: name.optional(), stats: httpUrl, leader: address, replicas: address })
        .optional(),
    })
    .optional(),
}

const schema = z.object(sections)
export type PatroniSections = z.output<typeof schema>

/** Where a Patroni cluster is: its nodes, its etcd, its proxies; with the password of its REST API, if it wants one. */
export type PatroniDefinition = Omit<PatroniSections, 'patroni'> & {
  readonly patroni: Omit<PatroniSections['patroni'], 'auth'> & {
    readonly auth: { readonly user: string; readonly password: string } | null
  }
}
