import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * Makes a folder, and those above it that are not there. Node's own recursive mkdir never returns where a file system
 * takes no new folder and says ENOENT, as /proc does.
 * @throws the file system's error; a folder that is there already is none, a file is
 */
export async function makeFolders(folder: string): Promise<void> {
  const parent = path.dirname(path.resolve(folder))
  if (parent !== path.resolve(folder) && !(await isFolder(parent))) await makeFolders(parent)
  await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await isFolder(folder))) throw error
  })
}

async function isFolder(name: string): Promise<boolean> {
  return stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
