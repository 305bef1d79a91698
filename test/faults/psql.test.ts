import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { startInside } from '../../src/faults/process/psql.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'
import { done, fakeWorld } from './fake-world.ts'

/** Commands that are found before the machine's own. */
function placed(commands: Readonly<Record<string, string>>): string {
  const folder = newFolder()
  for (const [name, lines] of Object.entries(commands)) writeProgram(path.join(folder, name), `#!/bin/sh\n${lines}\n`)
  execFileSync('mkfifo', [path.join(folder, 'told')])
  return folder
}

it('a session that is ended from outside leaves an orphan that ends well: PostgreSQL takes any other for a crash', async () => {
  const folder = placed({
    psql: 'exit 2',
    // What the orphan ends with goes to its new parent, which is PostgreSQL where that is the first process.
    setsid: '"$@"; echo $? >"$(dirname "$0")/told"',
  })
  const world = fakeWorld({
    exec(_service, [command = '', ...given]) {
      const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
      return done(execFileSync(command, given, { env, encoding: 'utf8' }))
    },
  })
  const session = { service: 'patroni1', database: 'app', application: 'chaoslab-1', statements: ['SELECT 1'] }
  await startInside(session, world, AbortSignal.timeout(10_000))
  expect(await readFile(path.join(folder, 'told'), 'utf8')).toBe('0\n')
})
