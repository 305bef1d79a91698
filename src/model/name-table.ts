/** Names as numbers of one byte; 0 stands for none. */
interface NameTable {
  indexOf(name: string | null): number
  nameOf(index: number): string | null
}

/** The number that all names share for which there was no room: none is ever taken for another's. */
const OTHER = 255

/** @param onNew told of each number as it is first given out */
export function createNameTable(onNew: (index: number, name: string) => void = () => {}): NameTable {
  const names: string[] = []
  const numbers = new Map<string, number>()
  const add = (name: string) => {
    const index = names.push(name)
    onNew(index, name)
    return index
  }
  return {
    indexOf(name) {
      if (name === null) return 0
      const known = numbers.get(name)
      if (known !== undefined) return known
      if (names.length < OTHER - 1) {
        const index = add(name)
        numbers.set(name, index)
        return index
      }
      if (names.length < OTHER) add('(other)')
      return OTHER
    },
    nameOf: (index) => (index === 0 ? null : (names[index - 1] ?? null)),
  }
}
