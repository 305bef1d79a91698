/** Takes a text in pieces, and gives the lines that each piece completes. */
export function lineCutter(): (piece: string) => readonly string[] {
  let rest = ''
  return (piece) => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    return lines
  }
}
