import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { SetupError } from './progress.ts'

/**
 * Packs files, and hands the archive on while it is made.
 * @param args which files, as tar is told
 * @throws {SetupError} tar is not there, or could not read one of them; nobody is to go on with half an archive
 */
export async function withTar<T>(args: readonly string[], use: (archive: Readable) => Promise<T>): Promise<T> {
  const tar = spawn('tar', ['-c', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const [result] = await Promise.all([use(tar.stdout), endOf(tar, tar.stderr)])
    return result
  } finally {
    tar.kill()
  }
}

function endOf(tar: ChildProcess, stderr: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    const fail = (why: string) => reject(new SetupError(`files cannot be packed: ${why}`))
    stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
    tar.on('error', (error) => fail(error.message))
    tar.on('close', (code) => (code === 0 ? resolve() : fail(said.join('').split('\n')[0] || `tar ended with ${code}`)))
  })
}
