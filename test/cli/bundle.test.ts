import { cp, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { beforeAll, expect, test } from 'vitest'
import config from '../../rolldown.config.mjs'
import { runCommand } from '../../src/docker/run-command.ts'
import { newFolder } from '../new-folder.ts'

// All of the sources are read, and a busy machine takes its time.
const BUILD_MS = 120_000

let root = ''
beforeAll(async () => {
  root = newFolder()
  await symlink(path.resolve('node_modules'), path.join(root, 'node_modules'))
  await cp('package.json', path.join(root, 'package.json'))
  const { output, ...input } = config
  await using bundle = await rolldown(input)
  await bundle.write({ ...output, dir: path.join(root, 'dist') })
}, BUILD_MS)
/** Runs a module that finds the bundle beside it. @returns what that printed */
async function run(script: string): Promise<string> {
  await writeFile(path.join(root, 'script.mjs'), script)
  const { code, stdout, stderr } = await runCommand(process.execPath, [path.join(root, 'script.mjs')])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

test('the bundle finds the root of the package, as what was compiled does', async () => {
  const version = await run(`
    import { main } from './dist/cli/main.js'
    await main(['node', 'chaoslab', '--version'])`)
  expect(version).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('an alarm of the bundle finds its thread', async () => {
  const woken = await run(`
    import * as bundled from './dist/bundle/alarm.js'
    const createAlarm = Object.values(bundled).find((each) => each.name === 'createAlarm')
    const slept = { byTimer: 0 }
    const alive = setInterval(() => {}, 1_000)
    const alarm = createAlarm({ sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms, slept.byTimer++)) })
    // Its thread is there as soon as somebody sleeps who is woken by no timer.
    for (let before = -1; before < slept.byTimer; ) {
      before = slept.byTimer
      await alarm.sleep(5)
    }
    alarm.end()
    clearInterval(alive)
    console.log('woken')`)
  expect(woken).toBe('woken\n')
})

test('what status loads of the lab is a few modules', async () => {
  const count = await run(`
    import { registerHooks } from 'node:module'
    let count = 0
    registerHooks({ load: (url, context, next) => (count += url.includes('/dist/') ? 1 : 0, next(url, context)) })
    await import('./dist/bundle/status.js')
    console.log(count)`)
  expect(Number(count)).toBeLessThan(50)
})
