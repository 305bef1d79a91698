import { connectEngine, type Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { installEngine } from './install.ts'
import { type Progress, SetupError } from './progress.ts'

/**
 * An engine that answers: the one that the docker CLI would use, installed and started first where there is none
 * at the default address and it is allowed.
 * @throws {SetupError} in one line that says what to do
 */
export async function ensureEngine(progress: Progress, environment: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const first = await tryConnect(environment)
  if ('engine' in first) return first.engine
  // An address that somebody chose is theirs to mend.
  const isChosen = Boolean(environment.DOCKER_HOST || environment.DOCKER_CONTEXT)
  if (isChosen || first.error.code !== 'unreachable') throw new SetupError(first.error.message)
  await installEngine({ progress, environment, answers: async () => 'engine' in (await tryConnect(environment)) })
  return connectEngine(environment)
}

async function tryConnect(environment: NodeJS.ProcessEnv): Promise<{ engine: Engine } | { error: EngineError }> {
  try {
    return { engine: await connectEngine(environment) }
  } catch (error) {
    if (error instanceof EngineError) return { error }
    throw error
  }
}
