import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { readOptions } from '../../../labs/vectors/server/options.ts'
import { newFolder } from '../../new-folder.ts'

describe('the options of a vector-server', () => {
  it("are the seed's flags", () => {
    expect(readOptions(['--enable-replication', '--port', '8000'])).toMatchObject({
      enable_replication: true,
      enable_sharding: false,
      port: 8000,
      write_quorum: 1,
    })
  })

  it('come from a file too, and flags win over it', () => {
    const file = path.join(newFolder(), 'server.yaml')
    writeFileSync(file, 'port: 9000\nwrite_quorum: majority\nstrategy: round_robin\nallow: ["http://a:1"]\n')
    expect(readOptions(['--config', file, '--port', '8001', '--allow', 'http://b:2/,http://c:3'])).toMatchObject({
      port: 8001,
      write_quorum: 'majority',
      strategy: 'round_robin',
      allow: ['http://b:2', 'http://c:3'],
    })
  })

  it.each([
    ['an unknown key and a wrong value', 'prot: 9000\nstrategy: random\n', [], /strategy: .*\n.*"prot"/],
    ['a file that is no YAML', 'port: [', [], /server\.yaml: /],
    ['a flag that is none', '', ['--prot', '1'], /unknown option '--prot'/],
    ['what is no number', '', ['--port', 'x', '--write-quorum', 'most'], /port: .*NaN\n.*write_quorum: /],
  ])('say all that is wrong: %s', (_, text, more, message) => {
    const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const file = path.join(newFolder(), 'server.yaml')
    writeFileSync(file, text)
    expect(() => readOptions(['--config', file, ...more])).toThrow(message)
    expect(printed).toHaveBeenCalled()
    printed.mockRestore()
  })
})
