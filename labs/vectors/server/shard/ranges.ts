/** `0-3,7` for 0, 1, 2, 3 and 7. */
export function toRanges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const each of sorted) {
    const last = ranges.at(-1)
    if (last && each === last[1] + 1) last[1] = each
    else if (last?.[1] !== each) ranges.push([each, each])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',')
}

export function fromRanges(text: string): readonly number[] {
  const numbers: number[] = []
  if (text === '') return numbers
  for (const range of text.split(',')) {
    const [from = 0, to = from] = range.split('-').map(Number)
    for (let each = from; each <= to; each++) numbers.push(each)
  }
  return numbers
}
