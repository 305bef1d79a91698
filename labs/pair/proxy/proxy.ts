import { mkdirSync } from 'node:fs'
import type { Server as HttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpServer } from './http.ts'
import { Lead } from './lead.ts'
import type { ProxyOptions } from './options.ts'
import { Relay } from './relay.ts'
import type { Rule } from './rule.ts'
import { FencedRule } from './rule-fenced.ts'
import { naiveRule } from './rule-naive.ts'
import type { Servers } from './servers.ts'
import { StateFile } from './state.ts'
import { type Parts, Troubles } from './status.ts'

export interface RunningProxy {
  readonly port: number
  readonly httpPort: number
  close(): Promise<void>
}

/** Starts the proxy; with port 0 it finds ports of its own. */
export async function startProxy(
  options: ProxyOptions,
  { servers, log, now = () => new Date() }: { servers: Servers; log: (line: string) => void; now?: () => Date },
): Promise<RunningProxy> {
  const { nodes, checkEveryMs, checkTimeoutMs } = options
  const settings = { ...options.settings, checkEveryMs, checkTimeoutMs }
  mkdirSync(path.dirname(options.stateFile), { recursive: true })
  const file = new StateFile(options.stateFile, nodes[0].name, now())
  const lead = new Lead({ nodes, file, servers, now, log, onChange: (leader) => relay.dropAllBut(leader) })
  const troubles = new Troubles(now)
  const fenced = options.isFenced ? new FencedRule({ lead, file, servers, settings, now, log }) : null
  const rule: Rule = fenced ?? naiveRule(lead, nodes[0].name)
  const relay: Relay = new Relay({
    leader: () => lead.settled(),
    connectTimeoutMs: options.connectTimeoutMs,
    served: (node) => lead.served(node),
    report: (trouble, node) => {
      troubles.add(trouble, node)
      rule.onTrouble(trouble)
    },
  })
  const parts: Parts = { nodes, lead, file, rule, relay, troubles }
  const tcp = createServer((client) => relay.accept(client))
  const http = httpServer(parts, { now, log })
  const port = await listen(tcp, options.listenPort)
  const httpPort = await listen(http, options.httpPort)
  log(`leads to ${lead.leader.name} by the ${rule.name} rule, epoch ${file.state.epoch}`)
  // What was decided before a restart and never carried out.
  const resumed = lead.promote()
  const stop = fenced ? repeat(() => fenced.check(), options.checkEveryMs, resumed) : () => resumed
  return {
    port,
    httpPort,
    close: async () => {
      tcp.close()
      http.close()
      http.closeAllConnections()
      relay.dropAll()
      await stop()
    },
  }
}

/** Does the work at once and then every so often, counted from its start, never twice at a time. */
function repeat(work: () => Promise<void>, everyMs: number, first: Promise<void>): () => Promise<void> {
  const stop = new AbortController()
  const run = async () => {
    await first
    while (!stop.signal.aborted) {
      const startMs = performance.now()
      await work()
      const restMs = Math.max(0, everyMs - (performance.now() - startMs))
      await sleep(restMs, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const running = run()
  return () => {
    stop.abort()
    return running
  }
}

async function listen(server: Server | HttpServer, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}
