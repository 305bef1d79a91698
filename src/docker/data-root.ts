import { stat } from 'node:fs/promises'
import { z } from 'zod'
import type { Engine } from './engine.ts'

const infoSchema = z.object({ DockerRootDir: z.string() })

/** Whether what the engine's containers write goes to the same disk as this folder; false where nobody can say. */
export async function sharesDisk(engine: Engine, folder: string): Promise<boolean> {
  // An engine elsewhere may name a folder that is here, too.
  if (!engine.address.startsWith('unix://')) return false
  try {
    const { DockerRootDir } = infoSchema.parse(await engine.call((docker) => docker.info()))
    return (await stat(DockerRootDir)).dev === (await stat(folder)).dev
  } catch {
    return false
  }
}
