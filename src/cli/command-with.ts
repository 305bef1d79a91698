import { shellWord } from '../report/words/shell-word.ts'
import { shippedLab } from './package.ts'

/** A command of this program on the same lab, to be pasted into a shell. */
export function commandWith(labFile: string, ...words: readonly string[]): string {
  const lab = labFile === shippedLab() ? [] : ['--lab', shellWord(labFile)]
  return ['chaoslab', ...lab, ...words.map(shellWord)].join(' ')
}
