import { open } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'

test('a command that is not there ends with 127, one that cannot be started now with no code, and each says why', async () => {
  const file = path.join(newFolder(), 'command')
  expect(await runCommand(file, [])).toMatchObject({ code: 127, stderr: expect.stringContaining('ENOENT') })
  writeProgram(file, '#!/bin/sh\necho done\n')
  const writer = await open(file, 'r+')
  expect(await runCommand(file, [])).toMatchObject({ code: null, stderr: expect.stringContaining('ETXTBSY') })
  await writer.close()
  expect(await runCommand(file, [])).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
})
