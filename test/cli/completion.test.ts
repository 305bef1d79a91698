import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { complete } from '../../src/cli/completion.ts'
import { completionScripts, type Shell } from '../../src/cli/completion-scripts.ts'
import { buildProgram } from '../../src/cli/main.ts'
import { runCommand } from '../../src/docker/run-command.ts'
import { faultKinds } from '../../src/systems/fault-kinds.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'

// Some start shells, and a busy machine takes seconds to start one.

const following = async (...words: string[]) => (await complete(buildProgram(), words)).map(({ word }) => word)

describe('what can stand under the cursor', () => {
  test.each([
    ['a command', ['sta'], ['status']],
    ['an option of the command', ['traffic', '--w'], ['--writes', '--workload']],
    ['an option of every command', ['status', '--de'], ['--debug']],
    ['an option of what runs without a command', ['--pre'], ['--preset']],
    ['a value of an option that has a choice', ['ui', '--endpoints', ''], ['first', 'all']],
    ['a value of an argument that has one', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['a lab that ships', ['--lab', 'reg'], ['registrations']],
    ['a fault', ['inject', 'kill-p'], ['kill-postmaster']],
    ['a role of the lab', ['inject', 'kill', 'next'], ['next-candidate']],
    ['a part of the lab', ['inject', 'kill', 'patroni'], ['patroni1', 'patroni2', 'patroni3']],
    ['a part of the lab that is named', ['--lab', 'pair', 'inject', 'kill', 'patroni'], []],
    ['a role that is called what a part is, once', ['--lab', 'vectors', 'inject', 'kill', 'gateway'], ['gateway']],
    ['a setting of the fault', ['inject', 'isolate', 'leader', 'dir'], ['direction=']],
    ['a value of a setting: nobody knows', ['inject', 'isolate', 'leader', 'direction='], []],
    ['a workload', ['ui', '--workload', 'list'], ['list-append']],
    ['a folder on the way to scenario files', ['run', 'hw3/sc'], ['hw3/scenarios/']],
    ['a scenario file, also a second one', ['run', 'x.yaml', 'hw3/scenarios/al'], ['hw3/scenarios/alerts.yaml']],
    ['nothing of a command that there is none of', ['frobnicate', ''], []],
    ['nothing where all arguments are there', ['status', ''], []],
    ['nothing of a lab whose definition cannot be read', ['--lab', 'none.yaml', 'inject', 'kill', ''], []],
    ['nothing of a file that the shell finds by itself', ['run', '--junit', ''], []],
  ])('%s', async (_, words, expected) => {
    expect(await following(...words)).toEqual(expected)
  })

  test('every fault, with what it does', async () => {
    const found = await complete(buildProgram(), ['inject', ''])
    expect(found.map(({ word }) => word)).toEqual(faultKinds.map(({ type }) => type))
    expect(found.every(({ about }) => about !== undefined)).toBe(true)
  })

  test('a run that is kept, the newest first, and the repeats of what chaoslab run has kept', async () => {
    const out = await folder()
    for (const run of ['2026-03-01-kill', '2026-03-02-suite/kill-1']) {
      await mkdir(path.join(out, run), { recursive: true })
      await writeFile(path.join(out, run, 'events.ndjson'), '')
    }
    const expected = ['2026-03-02-suite/kill-1', '2026-03-02-suite', '2026-03-01-kill']
    expect(await following('open', '--out', out, '')).toEqual(expected.map((run) => path.join(out, run)))
  })
})

describe('the script of', () => {
  test('bash completes a command, and leaves a folder open', async () => {
    const bash = await shell('bash')
    const ask = (...words: string[]) => `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _chaoslab`
    const script = [
      'source "$SCRIPT"; compopt() { echo "$@"; }',
      `${ask('chaoslab', 'sta')}; echo "\${COMPREPLY[@]}"`,
      `${ask('chaoslab', 'run', 'hw3/sc')}; echo "\${COMPREPLY[@]}"`,
    ].join('\n')
    expect(await bash('-c', script)).toBe('status\n-o nospace\nhw3/scenarios/\n')
  })

  test('fish completes a command, with what it does', async ({ skip }) => {
    if (!(await isInstalled('fish'))) skip('there is no fish on this machine')
    const fish = await shell('fish')
    expect(await fish('-N', '-c', "source $SCRIPT; complete -C 'chaoslab sta'")).toMatch(/^status\tsay how/)
  })

  test('zsh completes a command, with what it does', async ({ skip }) => {
    if (!(await isInstalled('zsh'))) skip('there is no zsh on this machine')
    const zsh = await shell('zsh')
    const stub = `compdef() {}; _describe() { shift; print -l -- "\${(@P)1}" }`
    const found = await zsh('-f', '-c', `${stub}; source $SCRIPT; words=(chaoslab sta); CURRENT=2; _chaoslab`)
    expect(found).toMatch(/^status:say how/)
  })
})

async function folder(): Promise<string> {
  const made = newFolder()
  return made
}

async function isInstalled(name: string): Promise<boolean> {
  return (await runCommand(name, ['-c', 'true'])).code === 0
}

/** A shell that finds the built command, and its own script as `$SCRIPT`. */
async function shell(name: Shell): Promise<(...args: string[]) => Promise<string>> {
  const bin = await folder()
  const script = path.join(bin, 'script')
  await writeFile(script, completionScripts[name])
  writeProgram(path.join(bin, 'chaoslab'), `#!/bin/sh\nexec "${process.execPath}" dist/cli/chaoslab.js "$@"\n`)
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, SCRIPT: script }
  return async (...args) => (await promisify(execFile)(name, args, { env })).stdout
}
