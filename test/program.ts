import { execFileSync } from 'node:child_process'

/**
 * Writes a program that a test is going to run. Another process writes it: while one thread of the tests starts a
 * process, that holds for a moment what any other thread is writing, and a file that somebody writes is not run (ETXTBSY).
 */
export function writeProgram(file: string, text: string): void {
  execFileSync('sh', ['-c', 'cat >"$0" && chmod 755 "$0"', file], { input: text })
}
