import { shellWord } from '../report/words/format.ts'
import { labArgument } from './shipped-labs.ts'

/** A command of this program on the same lab, to be pasted into a shell. */
export function commandWith(labFile: string, ...words: readonly string[]): string {
  const argument = labArgument(labFile)
  const lab = argument === null ? [] : ['--lab', shellWord(argument)]
  return ['chaoslab', ...lab, ...words.map(shellWord)].join(' ')
}
