import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { parse, stringify } from 'yaml'
import { type Config, readConfig, type Way } from '../../../labs/registrations/app/config.ts'
import { buildContextScript } from '../../../src/cli/package.ts'
import { ensureCompose } from '../../../src/docker/compose.ts'
import { connectEngine } from '../../../src/docker/engine.ts'
import { ensureLabNode } from '../../../src/docker/lab-node.ts'
import type { Progress } from '../../../src/docker/progress.ts'
import { runCommand } from '../../../src/docker/run-command.ts'
import { type LabDefinition, readLabDefinition } from '../../../src/lab/definition.ts'
import { FIGURES, type FigureName, judge } from '../../../src/workloads/registrations/judge.ts'
import { readServers } from '../../../src/workloads/registrations/read-servers.ts'

const LAB = fileURLToPath(new URL('../../../labs/registrations/', import.meta.url))
const silent: Progress = { step: (_, work) => work(() => undefined), say: () => undefined }

export type ServerName = 'master' | 'shard-public' | 'shard-private' | 'shard-colleges'
const PORT: Readonly<Record<ServerName, number>> = {
  master: 2,
  'shard-public': 3,
  'shard-private': 4,
  'shard-colleges': 5,
}

/** The image of the application, as it is compiled now. */
export async function buildImage(): Promise<void> {
  await ensureLabNode({ engine: await connectEngine(), progress: silent }, buildContextScript)
}

/** A whole lab of its own, beside others: its project, ports and network are chosen by a digit. */
export class RegistrationsLab {
  readonly base: string
  readonly config: Config
  readonly #compose: readonly string[]
  readonly #environment: Readonly<Record<string, string>>

  private constructor(
    readonly way: Way,
    readonly digit: number,
    tool: readonly string[],
  ) {
    this.base = `http://127.0.0.1:5${digit}00`
    this.#compose = [...tool, '-p', `registrations-test-${way}`, '-f', path.join(LAB, 'docker-compose.yml')]
    this.#environment = {
      REGISTRATIONS_SYNC: way,
      REGISTRATIONS_NET: `172.30.9${digit}`,
      REGISTRATIONS_PORTS: `5${digit}3`,
      REGISTRATIONS_APP_PORTS: `5${digit}0`,
    }
    const { master, shards, ...rest } = readConfig(path.join(LAB, 'servers.yaml'), { REGISTRATIONS_SYNC: way })
    const moved = <T extends { readonly port: number }>(server: T) => ({
      ...server,
      port: server.port - 5430 + 5030 + digit * 100,
    })
    this.config = {
      ...rest,
      master: moved(master),
      shards: shards.map((shard) => ({ ...shard, server: moved(shard.server) })),
    }
  }

  /** Whatever an earlier one left is gone; resolves once the application has wired every shard. */
  static async start(way: Way, digit: number): Promise<RegistrationsLab> {
    const lab = new RegistrationsLab(way, digit, (await ensureCompose(silent)).command)
    await lab.remove()
    await lab.compose('up', '-d')
    await lab.untilWired(2)
    return lab
  }

  async compose(...args: string[]): Promise<string> {
    const [command, ...first] = this.#compose as [string, ...string[]]
    const result = await runCommand(command, [...first, ...args], { env: { ...process.env, ...this.#environment } })
    if (result.code !== 0) throw new Error(`${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }

  remove(): Promise<string> {
    return this.compose('-f', path.join(LAB, 'third-shard.yml'), 'down', '--volumes', '--remove-orphans', '-t', '0')
  }

  /** One shard more: its script and its entry in the configuration are in the lab's folder. */
  async addThirdShard(): Promise<void> {
    await this.compose('-f', path.join(LAB, 'third-shard.yml'), 'up', '-d')
    await this.untilWired(3)
  }

  async kill(service: ServerName | 'app'): Promise<void> {
    await this.#docker('kill', service)
  }

  async start(service: ServerName | 'app'): Promise<void> {
    await this.#docker('start', service)
  }

  /** Past compose, which takes a second for each word. */
  async #docker(verb: 'kill' | 'start', service: string): Promise<void> {
    const labels = [`project=registrations-test-${this.way}`, `service=${service}`]
    const filters = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`])
    const { stdout } = await runCommand('docker', ['ps', '-aq', ...filters])
    const result = await runCommand('docker', [verb, stdout.trim()])
    if (result.code !== 0) throw new Error(`${verb} ${service}: ${result.stderr}`)
  }

  async untilWired(shards: number): Promise<void> {
    await this.until(`${shards} shards are wired`, async () => {
      const { servers } = (await (await fetch(`${this.base}/healthz`)).json()) as { servers: Record<string, string> }
      const { events } = (await (await fetch(`${this.base}/api/sync`)).json()) as { events: { type: string }[] }
      const isUp = Object.values(servers).every((each) => each === 'up')
      return isUp && events.filter(({ type }) => type === 'wired').length === shards
    })
  }

  /** Every server answers, and so does the application. */
  async untilHealthy(): Promise<void> {
    await this.until('every server answers', async () => {
      const { status } = (await (await fetch(`${this.base}/healthz`)).json()) as { status: string }
      return status === 'ok'
    })
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const signal = AbortSignal.timeout(120_000)
    while (!(await isSo().catch(() => false))) {
      if (signal.aborted) throw new Error(`not within 120 s: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async post(url: string, body: object = {}) {
    const response = await fetch(this.base + url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, never> }
  }

  async get<T>(url: string): Promise<T> {
    return (await (await fetch(this.base + url)).json()) as T
  }

  register(student: string, section: string, requestId?: string) {
    return this.post('/api/registrations', { student, section, ...(requestId ? { request_id: requestId } : {}) })
  }

  /** A session of the test's own, as the role of the application. */
  async session(server: ServerName): Promise<pg.Client & AsyncDisposable> {
    const endpoint = server === 'master' ? this.config.master : this.config.shards[PORT[server] - 3]?.server
    const client = new pg.Client({ ...endpoint, connectionTimeoutMillis: 60_000 })
    client.on('error', () => undefined)
    await client.connect()
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end().catch(() => undefined) })
  }

  async query<T = Record<string, unknown>>(server: ServerName, sql: string): Promise<T[]> {
    await using session = await this.session(server)
    return (await session.query(sql)).rows as T[]
  }

  /** Runs a script of the lab on a server, as its README says. */
  async script(server: ServerName, file: string): Promise<string> {
    const psql = ['psql', '-h', '/tmp', '-U', 'registrar', '-d', 'registrations', '-qAtX', '-v', 'ON_ERROR_STOP=1']
    return this.compose('exec', '-T', server, ...psql, '-f', `/registrations/sql/${file}`)
  }

  /** What only a superuser may. */
  async asSuperuser(server: ServerName, ...statements: string[]): Promise<void> {
    const words = statements.flatMap((statement) => ['-c', statement])
    await this.compose('exec', '-T', server, 'psql', '-h', '/tmp', '-U', 'postgres', '-qX', ...words)
  }

  /** The lab's own plain SQL. */
  async figuresBySql(): Promise<Record<string, number>> {
    const lines = (await this.script('master', 'audit.sql')).trim().split('\n')
    return Object.fromEntries(lines.map((line) => [line.split('|')[0], Number(line.split('|')[1])]))
  }

  /** The lab as a definition that the engine reads: that which ships, with the ports of this one. */
  async definition(): Promise<LabDefinition> {
    const { compose: _, docker: __, ...shipped } = parse(readFileSync(path.join(LAB, 'lab.yaml'), 'utf8'))
    const { master, shards, apps } = shipped.registrations
    const moved = (server: { postgres: string }) => ({
      ...server,
      postgres: server.postgres.replace('543', `5${this.digit}3`),
    })
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'registrations-')), 'lab.yaml')
    const definition = {
      ...shipped,
      docker: { project: `registrations-test-${this.way}` },
      registrations: { master: moved(master), shards: shards.map(moved), apps: [{ ...apps[0], url: this.base }] },
      postgres: { ...shipped.postgres, password: { file: path.join(LAB, shipped.postgres.password.file) } },
    }
    writeFileSync(file, stringify(definition))
    return readLabDefinition(file)
  }

  /** What a run's audit counts, of everybody's registrations. */
  async figures() {
    const { master, shards } = this.config
    const password = readFileSync(path.join(LAB, 'secrets/observer.password'), 'utf8').trim()
    const credentials = { database: master.database, user: 'observer', password }
    const servers = [
      { name: 'master', address: master },
      ...shards.map(({ name, server }) => ({ name, address: server })),
    ]
    const where = {
      servers,
      credentials,
      master: 'master',
      shards: shards.map(({ name }) => name),
    }
    const held = await readServers(where, '', AbortSignal.timeout(60_000))
    const requests = [...held.onShards, ...held.atMaster].map(({ requestId }) => requestId)
    const wrong = judge(held, { acknowledged: [], seqOf: (requestId) => requests.indexOf(requestId) })
    const counts = FIGURES.map(({ name }) => [name, wrong.filter(({ figure }) => figure === name).length] as const)
    return {
      on_shards: held.onShards.length,
      at_master: held.atMaster.length,
      ...(Object.fromEntries(counts) as Record<FigureName, number>),
    }
  }
}
