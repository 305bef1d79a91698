import { expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'

// The built command, as a person would call it: `npm test` builds before it tests.
const chaoslab = (...args: string[]) =>
  runCommand(process.execPath, ['dist/cli/chaoslab.js', ...args], {
    env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  })

test('--help shows every command and examples, and ends well', async () => {
  const { code, stdout } = await chaoslab('--help')
  expect(code).toBe(0)
  for (const command of ['up', 'down', 'ui', 'traffic', 'status', 'doctor', 'report', 'export', 'replay']) {
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  }
  expect(stdout).toContain('Examples:')
})

test.each([
  [['frobnicate'], /^no such command: frobnicate/],
  [['traffic', '--writes', 'lots'], /expected a rate like 200\/s/],
  [['traffic', '--for', 'ever'], /expected a duration like 30s/],
  [['up', '--preset', 'slow'], /Allowed choices are fast, default/],
  [['up', '--proxies', '3'], /expected 1 or 2/],
  [['traffic', '--endpoints', 'second'], /Allowed choices are first, all/],
  [['status', '--lab', 'nowhere.yaml'], /^nowhere\.yaml: cannot be read \(ENOENT\)/],
  [['status'], /^no Docker engine answers at unix:\/\/\/nowhere\/docker\.sock \(DOCKER_HOST\)/],
  [['ui'], /^the screen needs a terminal/],
  [['report', 'no/such/run'], /^no\/such\/run is no folder of a run/],
  [['export', 'no/such/run'], /^no\/such\/run is no folder of a run/],
])('%j cannot be done: exit code 2 and one line that says why', async (args, message) => {
  const { code, stderr } = await chaoslab(...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain('    at ')
})

test('--debug adds where an error came from', async () => {
  expect((await chaoslab('--debug', 'frobnicate')).stderr).toContain('    at ')
})

test('doctor tells of a missing engine, what to do about it, and ends with 1', async () => {
  const { code, stdout } = await chaoslab('doctor', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject([{ check: 'engine', isGood: false, advice: expect.any(String) }])
})
