import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../../labs/vectors/server/options.ts'
import { newFolder } from '../../new-folder.ts'

describe('the options of a vector-server', () => {
  it("are the seed's flags", () => {
    expect(parseOptions(['--enable-replication', '--port', '8000'])).toMatchObject({
      type: 'options',
      config: { enable_replication: true, enable_sharding: false, port: 8000, write_quorum: 1 },
    })
  })

  it('come from a file too, and flags win over it', () => {
    const file = path.join(newFolder(), 'server.yaml')
    writeFileSync(file, 'port: 9000\nwrite_quorum: majority\nstrategy: round_robin\nallow: ["http://a:1"]\n')
    expect(parseOptions(['--config', file, '--port', '8001', '--allow', 'http://b:2/,http://c:3'])).toMatchObject({
      type: 'options',
      config: { port: 8001, write_quorum: 'majority', strategy: 'round_robin', allow: ['http://b:2', 'http://c:3'] },
    })
    writeFileSync(file, 'prot: 9000\nstrategy: random\n')
    const { errors } = parseOptions(['--config', file]) as { readonly errors: readonly string[] }
    expect(errors).toHaveLength(2)
  })
})
