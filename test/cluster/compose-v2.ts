import { chmod, copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findCompose } from '../../src/docker/compose.ts'
import { lastLine, runCommand } from '../../src/docker/run-command.ts'

/** That `docker compose` is there from now on, for this process and those that it starts; or why it cannot be had. */
export type ComposeV2 = { readonly isThere: true } | { readonly isThere: false; readonly why: string }

/**
 * Sees to it that `docker compose` is there: as this machine has it, or else as Debian trixie's package has it, which is
 * one file that runs on older releases too. Nothing is installed: the CLI is told of a folder of settings with the plugin.
 */
export async function composeV2(): Promise<ComposeV2> {
  if ((await findCompose())?.command[0] === 'docker') return { isThere: true }
  const folder = await mkdtemp(path.join(tmpdir(), 'compose-v2-'))
  const why = await download(folder)
  if (why !== null) return { isThere: false, why }
  process.env.DOCKER_CONFIG = path.join(folder, 'settings')
  const found = await findCompose()
  return found?.command[0] === 'docker' ? { isThere: true } : { isThere: false, why: 'the plugin does not run here' }
}

/** Null when it is there. */
async function download(folder: string): Promise<string | null> {
  const plugins = path.join(folder, 'settings', 'cli-plugins')
  for (const each of ['lists/partial', 'cache/archives/partial'])
    await mkdir(path.join(folder, each), { recursive: true })
  await mkdir(plugins, { recursive: true })
  const source = `deb [signed-by=${KEYRING}] http://deb.debian.org/debian trixie main\n`
  await writeFile(path.join(folder, 'sources.list'), source)
  const options = [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    'APT::Sandbox::User=root',
    'Acquire::http::Timeout=20',
  ].flatMap((option) => ['-o', option])
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ['apt-get', [...options, 'update']],
    ['apt-get', [...options, 'download', 'docker-compose']],
    ['sh', ['-c', 'dpkg-deb -x docker-compose_*.deb package']],
  ]
  for (const [command, args] of steps) {
    const result = await runCommand(command, args, { cwd: folder, signal: AbortSignal.timeout(60_000) })
    if (result.code !== 0) return `${command} ${args.at(-1)}: ${lastLine(result)}`
  }
  const plugin = path.join(plugins, 'docker-compose')
  await copyFile(path.join(folder, 'package/usr/libexec/docker/cli-plugins/docker-compose'), plugin)
  await chmod(plugin, 0o755)
  return null
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
