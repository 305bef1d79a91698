import type { Address } from '../../../model/address.ts'
import type { Discovered } from './discover.ts'
import { urlOf } from './reach.ts'

/** What the REST API of Patroni does not tell. */
export interface Login {
  readonly database: string
  readonly user: string
  /** The environment variable that holds the password. */
  readonly passwordFrom: string
}

/** A lab definition of what was found, and what is still to be filled in, a line each. */
interface LabText {
  readonly text: string
  readonly missing: readonly string[]
}

/** The definition as YAML, with a word on each thing that a person has to look at. */
export function labText(found: Discovered, login: Login): LabText {
  const missing: string[] = []
  const lines = [
    `# Written by chaoslab attach. chaoslab --lab THIS status says whether it is right.`,
    `name: ${found.scope}`,
    '',
    ...dockerLines(found, missing),
    '',
    'patroni:',
    `  scope: ${found.scope}`,
    '  nodes:',
    ...nodeLines(found, missing),
    '  # Where restapi.authentication is set: without it Patroni refuses switchovers and changes of its settings.',
    '  # auth: { user: NAME, password: { env: VARIABLE } }',
    '',
    ...etcdLines(found, missing),
    '',
    ...haproxyLines(found, missing),
    '',
    '# A role that may log in to every node; pg_monitor lets it see replication.',
    'postgres:',
    `  database: ${quoted(login.database)}`,
    `  user: ${quoted(login.user)}`,
    `  password: { env: ${quoted(login.passwordFrom)} }`,
    '',
    '# The traffic writes to a table events: name the file that makes it (hw3/schema.sql of chaoslab does), if it is not there.',
    'workload:',
    '  type: events',
    '  # schema: schema.sql',
    '',
  ]
  return { text: lines.join('\n'), missing }
}

const CONTAINERS_MISSING =
  'containers: none has the address of a node on the engine that docker uses, so no fault can be injected; where it is another engine, set DOCKER_HOST and attach again'

/** What may be stopped and killed: the project that all belong to, else the containers by their names. */
function dockerLines({ members, etcd, haproxy }: Discovered, missing: string[]): string[] {
  const containers = containersOf({ members, etcd, haproxy })
  if (containers.length === 0) {
    missing.push(CONTAINERS_MISSING)
    return ['# docker: { containers: [NAME, …] }   # which containers may be stopped, killed and cut off']
  }
  const project = commonProject(containers)
  return [
    '# Only these containers can ever be stopped, killed or paused.',
    'docker:',
    project === null ? `  containers: [${containers.map(({ name }) => name).join(', ')}]` : `  project: ${project}`,
    '  # An image with bash, nft and tc, from which faults of the network are made.',
    '  # tools: IMAGE',
  ]
}

function containersOf({ members, etcd, haproxy }: Pick<Discovered, 'members' | 'etcd' | 'haproxy'>) {
  const all = [
    ...members.map((each) => each.container),
    ...(etcd?.members ?? []).map((each) => each.container),
    haproxy?.container,
  ]
  return all.filter((each) => each !== null && each !== undefined)
}

function commonProject(containers: ReturnType<typeof containersOf>): string | null {
  const projects = new Set(containers.map(({ compose }) => compose?.project ?? null))
  return projects.size === 1 ? ([...projects][0] ?? null) : null
}

/** Within a compose project a container is known by its service. */
function nameIn(found: Discovered, container: ReturnType<typeof containersOf>[number] | null | undefined): string {
  if (!container) return ''
  return ` container: ${commonProject(containersOf(found)) === null ? container.name : container.compose?.service},`
}

function nodeLines(found: Discovered, missing: string[]): string[] {
  return found.members.map((member) => {
    const { name, container, host, port, apiUrl } = member
    if (member.rest === null)
      missing.push(`patroni.nodes ${name}: its REST API (${apiUrl}) does not answer from here: fill in rest`)
    if (member.postgres === null)
      missing.push(`patroni.nodes ${name}: PostgreSQL (${host}:${port}) does not answer from here: fill in postgres`)
    const rest = member.rest === null ? new URL(apiUrl).origin : urlOf(member.rest)
    const postgres = at(member.postgres ?? { host, port })
    const server = found.haproxy?.servers[name]
    const called = server === undefined ? '' : `, server: ${server}`
    return `    - { name: ${name},${nameIn(found, container)} rest: "${rest}", postgres: "${postgres}"${called} }`
  })
}

function etcdLines(found: Discovered, missing: string[]): string[] {
  const { etcd, scope } = found
  if (etcd === null || etcd.members.length === 0) {
    missing.push(
      'etcd: no member answers beside the nodes, on their hosts or at the address given (port 2379): fill in etcd.members',
    )
    return ['etcd:', '  prefix: /service/', '  members:', '    - { name: etcd1, client: "http://FILL-IN:2379" }']
  }
  if (!etcd.isProven)
    missing.push(
      `etcd: Patroni's keys of ${scope} are not where they usually are: fill in etcd.prefix (Patroni's namespace)`,
    )
  const members = etcd.members.map(
    ({ name, container, client }, index) =>
      `    - { name: ${name || `etcd${index + 1}`},${nameIn(found, container)} client: "${urlOf(client)}" }`,
  )
  return ['etcd:', `  prefix: ${etcd.prefix}`, '  members:', ...members]
}

function haproxyLines(found: Discovered, missing: string[]): string[] {
  const { haproxy, members } = found
  if (haproxy === null) {
    missing.push(
      'haproxy: no statistics page answers beside the nodes or on their hosts; without haproxy there is no traffic: fill in',
    )
    return [
      '# haproxy:',
      '#   stats: "http://HOST:7000/;csv"',
      '#   leader: { proxy: NAME, address: "HOST:5000" }',
      '#   replicas: { proxy: NAME, address: "HOST:5001" }',
    ]
  }
  const listener = (key: 'leader' | 'replicas') => {
    const known = haproxy[key]
    if (known === null)
      missing.push(
        `haproxy.${key}: which of its proxies (${haproxy.proxies.join(', ')}) that is cannot be told: fill in proxy and address`,
      )
    else if (known.address === null)
      missing.push(`haproxy.${key}: at which address ${known.proxy} listens cannot be told: fill in address`)
    return `  ${key}: { proxy: ${known?.proxy ?? 'FILL-IN'}, address: "${known?.address ? at(known.address) : 'FILL-IN:0'}" }`
  }
  const unmatched = Object.keys(haproxy.servers).length > 0 && Object.keys(haproxy.servers).length < members.length
  if (unmatched)
    missing.push(
      'patroni.nodes: HAProxy calls its servers otherwise than Patroni its members: say which is which, with server: NAME at each node',
    )
  const container = nameIn(found, haproxy.container)
  return [
    'haproxy:',
    ...(container === '' ? [] : [`  ${container.trim().replace(/,$/, '')}`]),
    `  stats: "${haproxy.stats}"`,
    listener('leader'),
    listener('replicas'),
  ]
}

function at({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** As YAML takes it for one word. */
function quoted(text: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text) ? text : JSON.stringify(text)
}
