#!/usr/bin/env node
// The seed's replication and sharding as they were, to be compared with: node naive-server.js --config FILE

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { buildNaive } from './naive/app.ts'
import { naiveConfig } from './naive/config.ts'

const { values } = parseArgs({ options: { config: { type: 'string' } } })
const config = naiveConfig.parse(values.config === undefined ? {} : parse(readFileSync(values.config, 'utf8')))
const app = buildNaive(config)
await app.listen({ host: config.host, port: config.port })
process.stdout.write(`${JSON.stringify({ type: 'listening', id: config.id, port: config.port })}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
