import { createInterface } from 'node:readline/promises'
import { interruptSignal } from './interrupt.ts'

/**
 * Asks a question that is answered with yes or no.
 * @throws {Error} `otherwise`, when there is nobody to ask
 */
export async function askOnTerminal(question: string, otherwise: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new Error(otherwise)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(question, { signal: interruptSignal() })).trim())
  } finally {
    terminal.close()
  }
}
