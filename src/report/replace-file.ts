import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'

/**
 * Writes a file whole or not at all, in place of the one that was there.
 * @returns the file
 * @throws the file system's own error (ENOSPC, EACCES, …); no draft is left behind then
 */
export async function replaceFile(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, text, { flag: 'wx' })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  return file
}
