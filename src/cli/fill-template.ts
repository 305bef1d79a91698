import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Suite } from '../report/suite-schema.ts'

/**
 * What a template makes of a suite. A template is a module whose default export is a function of `suite.json` that
 * returns a text, so that it can choose its sentences by what was measured.
 * @throws in one line what is wrong with the template, or what it says is wrong with the suite
 */
export async function fillTemplate(file: string, suite: Suite): Promise<string> {
  const fill = await load(file)
  try {
    const text = await fill(suite)
    if (typeof text === 'string') return text
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
  throw new Error(`${file}: its function returns no text`)
}

async function load(file: string): Promise<(suite: Suite) => unknown> {
  const module = await import(pathToFileURL(path.resolve(file)).href).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file}: cannot be loaded (${error.code ?? error.message})`, { cause: error })
  })
  if (typeof module.default === 'function') return module.default
  throw new Error(`${file}: exports no function by default`)
}
