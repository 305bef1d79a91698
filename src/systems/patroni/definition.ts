import { z } from 'zod'
import { parseDuration } from '../../model/units.ts'
import { address, httpUrl, name, nameIsTaken, secret } from '../definition-parts.ts'
import type { ProxyCheck } from './events.ts'
import { FIRST_PROXY } from './proxies.ts'

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

type Listeners = { readonly leader: { readonly proxy: string }; readonly replicas: { readonly proxy: string } }
const areTwo = ({ leader, replicas }: Listeners) => leader.proxy !== replicas.proxy
const oneForBoth = {
  path: ['replicas', 'proxy'],
  error: ({ input }: { input?: unknown }) => `${(input as Listeners).replicas.proxy} is the leader's listener already`,
}
const proxy = z
  .strictObject({
    /** Default of the first: haproxy. */
    name: name.optional(),
    container: name.optional(),
    stats: httpUrl,
    leader: listener,
    replicas: listener,
    /** Its `inter`, `fall` and `rise`; left out, they are looked for in its container's environment. */
    check: proxyCheck.optional(),
    /** The compose profile that brings it up, with `up --proxies N`: the lab works without it. */
    profile: name.optional(),
    /** Whether the lab works without it; default where it has a profile. */
    optional: z.boolean().optional(),
  })
  .refine(areTwo, oneForBoth)
type ProxySection = z.output<typeof proxy>

/** In the order in which clients try them. */
const proxyList = z
  .array(proxy)
  .min(1, 'expected at least one proxy')
  .superRefine((proxies, { addIssue }) => {
    const wrong = (index: number, key: string, message: string) =>
      addIssue({ code: 'custom', path: [index, key], message })
    const names = proxies.map((each, index) => each.name ?? (index === 0 ? FIRST_PROXY : null))
    names.forEach((own, index) => {
      if (own === null) wrong(index, 'name', 'only the first proxy needs no name')
      else if (names.indexOf(own) < index) wrong(index, 'name', nameIsTaken(own))
    })
    if (proxies[0] && isOptional(proxies[0]))
      wrong(0, 'optional', 'all clients know the first proxy: it cannot be optional')
  })

export function isOptional({ optional, profile }: Pick<ProxySection, 'optional' | 'profile'>): boolean {
  return optional ?? profile !== undefined
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
  /** One, or a list of them. */
  haproxy: z.union([proxyList, proxy.transform((one) => [one])]).optional(),
}

const schema = z.object(sections)
export type PatroniSections = z.output<typeof schema>

/** Where a Patroni cluster is: its nodes, its etcd, its proxies; with the password of its REST API, if it wants one. */
export type PatroniDefinition = Omit<PatroniSections, 'patroni' | 'haproxy'> & {
  readonly proxies: readonly ProxyDefinition[]
  readonly patroni: Omit<PatroniSections['patroni'], 'auth'> & {
    readonly auth: { readonly user: string; readonly password: string } | null
  }
}

export type ProxyDefinition = Omit<ProxySection, 'name' | 'optional'> & {
  readonly name: string
  readonly isOptional: boolean
}
