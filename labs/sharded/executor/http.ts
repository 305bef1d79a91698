import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { type ArmedGates, GATES, MOST_HOLD_MS } from './gates.ts'
import { type Order, PROTOCOLS, type Service } from './service.ts'

const name = z.string().min(1).max(200)
const protocol = z.enum(PROTOCOLS).optional()
const order = z
  .strictObject({
    name,
    protocol,
    script: z.string().optional(),
    statements: z.record(z.string(), z.string()).optional(),
  })
  .transform(({ name, protocol, script, statements }, context): Order => {
    if (script !== undefined && statements === undefined) return { name, protocol, work: { script } }
    if (script === undefined && statements !== undefined) return { name, protocol, work: { statements } }
    context.addIssue({ code: 'custom', message: 'expected either script, or statements by database' })
    return z.NEVER
  })
const armed = z.strictObject({
  of: z.int().min(1).default(1),
  holdMs: z.int().min(1).max(MOST_HOLD_MS).default(MOST_HOLD_MS),
})

/**
 * A service over HTTP: `POST /transactions` answers when the transaction has ended, `GET /status` at once;
 * `PUT /gates/GATE` with `{"of": 8, "holdMs": 20000}` and `DELETE /gates/GATE` hold executors and let them go.
 */
export function httpServer(service: Service, gates: ArmedGates): Server {
  return createServer((request, response) => {
    answer(request, response, service, gates).catch((error: Error) => send(response, 400, { error: error.message }))
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  service: Service,
  gates: ArmedGates,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://executor')
  if (request.method === 'GET' && pathname === '/status') {
    return send(response, 200, { ...service.status(), gates: gates.all() })
  }
  if (request.method === 'POST' && pathname === '/transactions') {
    return send(response, 200, await service.submit(order.parse(await bodyOf(request))))
  }
  const gate = GATES.find((each) => pathname === `/gates/${each}`)
  if (gate !== undefined && request.method === 'PUT') {
    gates.arm(gate, armed.parse(await bodyOf(request)))
    return send(response, 200, { gates: gates.all() })
  }
  if (gate !== undefined && request.method === 'DELETE') {
    gates.open(gate)
    return send(response, 200, { gates: gates.all() })
  }
  const gatesThere = GATES.map((each) => `/gates/${each}`).join(', ')
  send(response, 404, { error: `there are GET /status, POST /transactions, PUT and DELETE ${gatesThere}` })
}

const MOST_BYTES = 1_048_576

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) {
    text += chunk
    if (text.length > MOST_BYTES) throw new Error('the request is too long')
  }
  return text === '' ? {} : JSON.parse(text)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
